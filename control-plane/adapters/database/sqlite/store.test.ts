import { Folder } from '../testing/folder.ts';
import { describeRecords } from '../testing/records-contract.ts';
import { describeStore } from '../testing/store-contract.ts';

describeStore('SQLite', () => Folder.make());
describeRecords('SQLite', () => Folder.make());
