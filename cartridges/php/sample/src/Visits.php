<?php

declare(strict_types=1);

namespace Sample;

/** How often the holder of a session has come. */
final class Visits
{
    public function count(): int
    {
        session_start(['name' => 'visits']);
        $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
        $visits = $_SESSION['visits'];
        session_write_close();
        return $visits;
    }
}
