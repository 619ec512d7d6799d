<?php

declare(strict_types=1);

require __DIR__ . '/../src/Visits.php';

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$answer = static function (int $status, array $fields): void {
    http_response_code($status);
    header('Content-Type: application/json');
    header('Cache-Control: no-store');
    echo json_encode($fields, JSON_UNESCAPED_SLASHES), "\n";
};

switch ($path) {
    case '/':
        // Held in a file of this instance: another one would begin at 1 again.
        $visits = (new Sample\Visits())->count();
        $answer(200, ['visits' => $visits, 'instance' => getenv('CARTWRIGHT_INSTANCE') ?: null, 'php' => PHP_VERSION]);
        break;
    case '/request':
        $answer(200, [
            'client' => $_SERVER['REMOTE_ADDR'],
            'host' => $_SERVER['HTTP_HOST'],
            'https' => ($_SERVER['HTTPS'] ?? '') === 'on',
        ]);
        break;
    case '/work':
        $range = ['options' => ['min_range' => 0, 'max_range' => 60000]];
        $milliseconds = filter_var($_GET['milliseconds'] ?? '50', FILTER_VALIDATE_INT, $range);
        if ($milliseconds === false) {
            $answer(400, ['error' => 'milliseconds: expected a whole number from 0 to 60000']);
            break;
        }
        usleep($milliseconds * 1000);
        $answer(200, ['milliseconds' => $milliseconds]);
        break;
    case '/fault':
        throw new RuntimeException('asked for by /fault');
    default:
        $answer(404, ['error' => "nothing at $path"]);
}
