<?php
// Hand on each document's new state: php consume.php JOURNAL STATE
[, $journal, $state] = $argv;

// Your work. Done twice, it must come to the same; $data is null once the
// document was removed.
function handle(string $name, ?int $revision, ?string $data): void
{
    echo $name . ' ' . ($revision ?? 'null') . ' ' . ($data ?? 'null') . "\n";
}

// The last event that was looked at: its position and receipt.
function load(string $state): array
{
    if (!file_exists($state)) {
        return [0, ''];
    }
    [$position, $receivedAt] = explode("\t", trim(file_get_contents($state)));
    return [(int)$position, $receivedAt];
}

function save(string $state, int $position, string $receivedAt): void
{
    $file = fopen($state . '.new', 'w');
    $ok = $file && fwrite($file, "$position\t$receivedAt\n") && fflush($file);
    if ($ok && function_exists('fsync')) { // PHP 8.1
        $ok = fsync($file);
    }
    if (!$ok || !fclose($file) || !rename($state . '.new', $state)) {
        throw new RuntimeException("$state: cannot be written");
    }
}

$db = new PDO('sqlite:' . $journal, null, null, [
    PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
    PDO::ATTR_TIMEOUT => 5, // s that it waits for others' locks
    PDO::SQLITE_ATTR_OPEN_FLAGS => PDO::SQLITE_OPEN_READONLY,
]);
$known = $db->prepare('SELECT received_at FROM events WHERE position = ?');
$next = $db->prepare("SELECT position, received_at, stream_kind, object_sid,
    service_sid, unique_name, revision, data FROM events WHERE position > ?
    ORDER BY position LIMIT 100");
$current = $db->prepare('SELECT position FROM documents
    WHERE document_sid = ? AND service_sid IS ?');

[$after, $receivedAt] = load($state);
if ($after > 0) {
    $known->execute([$after]);
    if ($known->fetchColumn() !== $receivedAt) {
        fwrite(STDERR, "$state: is not of this journal, or it was restored\n");
        exit(1);
    }
    $known->closeCursor();
}

while (true) {
    $next->execute([$after]);
    // fetchAll() ends the transaction: none is open during the work
    $events = $next->fetchAll(PDO::FETCH_ASSOC);
    foreach ($events as $event) {
        $after = (int)$event['position'];
        if ($event['stream_kind'] !== 'document') {
            continue;
        }
        $current->execute([$event['object_sid'], $event['service_sid']]);
        $position = $current->fetchColumn();
        $current->closeCursor();
        if ((int)$position === $after) {
            handle($event['unique_name'] ?? $event['object_sid'],
                $event['revision'], $event['data']);
            save($state, $after, $event['received_at']);
        }
    }
    if ($events) {
        save($state, $after, $event['received_at']);
    } else {
        usleep(200000);
    }
}
