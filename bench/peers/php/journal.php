<?php
/*
 * The peer in PHP, for FPM, FastCGI and CGI alike: verifies a webhook of Twilio
 * Sync, appends it to a journal in SQLite, judges its place in its stream, and
 * answers 204 after the commit.
 *
 * It takes TWILIO_AUTH_TOKEN, PUBLIC_URL and JOURNAL (made with ../schema.sql)
 * from the environment.
 */
declare(strict_types=1);

/* Twilio: HMAC-SHA1 of the URL and all parameters, sorted by name. */
function is_signed(string $signature, string $url, array $params): bool
{
    ksort($params, SORT_STRING);
    $text = $url;
    foreach ($params as $name => $value) {
        $text .= $name . $value;
    }
    $token = getenv('TWILIO_AUTH_TOKEN');
    $want = base64_encode(hash_hmac('sha1', $text, $token, true));
    return hash_equals($want, $signature);
}

/* Under FPM and FastCGI the connection outlives the request. */
function open_journal(): PDO
{
    $db = new PDO('sqlite:' . getenv('JOURNAL'), null, null, [
        PDO::ATTR_PERSISTENT => true,
        PDO::ATTR_TIMEOUT => 5,
    ]);
    $db->exec('PRAGMA synchronous = FULL');
    return $db;
}

function run(PDO $db, string $sql, array $values): PDOStatement
{
    $statement = $db->prepare($sql);
    $statement->execute($values);
    return $statement;
}

/* The stream that an event belongs to: kind, key, number as received. */
function stream_of(array $params): array
{
    $kind = strstr($params['EventType'] ?? '', '_', true);
    [$key, $number] = match ($kind) {
        'document' => ['DocumentSid', 'DocumentRevision'],
        'list' => ['ListSid', 'EventId'],
        'map' => ['MapSid', 'EventId'],
        'endpoint' => ['Identity', 'EventId'],
        default => [null, null],
    };
    return [$kind, $params[$key] ?? '', $params[$number] ?? ''];
}

/* A number above the head. Reachability numbers have natural holes. */
function go_ahead(PDO $db, array $stream, int $seq, int $id): string
{
    run($db, 'UPDATE stream SET head = ? WHERE id = ?', [$seq, $stream['id']]);
    if ($stream['kind'] === 'endpoint' || $seq === $stream['head'] + 1) {
        return 'in_order';
    }
    open_gap($db, $stream['id'], $stream['head'] + 1, $seq - 1, $id);
    return 'ahead';
}

function open_gap(PDO $db, int $stream, int $first, int $last, int $id): void
{
    if ($first <= $last) {
        run($db, 'INSERT INTO gap (stream_id, first, last, opened_by)
            VALUES (?, ?, ?, ?)', [$stream, $first, $last, $id]);
    }
}

/* A number up to the head: fills a gap, or was here before. */
function go_back(PDO $db, array $stream, int $seq, int $id): string
{
    $seen = run($db, 'SELECT 1 FROM event WHERE stream_id = ? AND seq = ?
        LIMIT 1', [$stream['id'], $seq])->fetchColumn();
    if ($seen !== false) {
        return 'duplicate';
    }
    if ($stream['kind'] === 'endpoint') {
        return 'late';
    }
    if ($seq < $stream['first']) {
        run($db, 'UPDATE stream SET first = ? WHERE id = ?',
            [$seq, $stream['id']]);
        open_gap($db, $stream['id'], $seq + 1, $stream['first'] - 1, $id);
        return 'late';
    }
    $gap = run($db, 'SELECT id, first, last, opened_by FROM gap
        WHERE stream_id = ? AND filled_by IS NULL AND first <= ?
        ORDER BY first DESC LIMIT 1', [$stream['id'], $seq])
        ->fetch(PDO::FETCH_ASSOC);
    run($db, 'UPDATE gap SET first = ?, last = ?, filled_by = ? WHERE id = ?',
        [$seq, $seq, $id, $gap['id']]);
    open_gap($db, $stream['id'], $gap['first'], $seq - 1, $gap['opened_by']);
    open_gap($db, $stream['id'], $seq + 1, $gap['last'], $gap['opened_by']);
    return 'late';
}

/* The verdict, and the stream's id. */
function judge(PDO $db, array $params, ?int $seq, int $id): array
{
    [$kind, $key, $number] = stream_of($params);
    if ($key === '' || $seq === null) {
        $is_life = preg_match('/^(list|map)_(created|removed)$/',
            $params['EventType'] ?? '') === 1;
        return [$is_life ? 'lifecycle' : 'unsequenced', null];
    }
    $service = $params['ServiceSid'] ?? '';
    $stream = run($db, 'SELECT id, kind, first, head FROM stream
        WHERE service_sid = ? AND kind = ? AND key = ?',
        [$service, $kind, $key])->fetch(PDO::FETCH_ASSOC);
    if ($stream === false) {
        run($db, 'INSERT INTO stream (service_sid, kind, key, first, head)
            VALUES (?, ?, ?, ?, ?)', [$service, $kind, $key, $seq, $seq]);
        return ['baseline', (int)$db->lastInsertId()];
    }
    /* A document's removal may carry the head's number. */
    $is_end = $params['EventType'] === 'document_removed' &&
        $seq === $stream['head'];
    $verdict = match (true) {
        $is_end => 'in_order',
        $seq > $stream['head'] => go_ahead($db, $stream, $seq, $id),
        default => go_back($db, $stream, $seq, $id),
    };
    return [$verdict, $stream['id']];
}

function append(PDO $db, array $params, string $signature, string $body): void
{
    $number = stream_of($params)[2];
    $seq = ctype_digit($number) ? (int)$number : null;

    $db->exec('BEGIN IMMEDIATE');
    run($db, 'INSERT INTO delivery (received_us, url, signature, body)
        VALUES (?, ?, ?, ?)', [(int)(microtime(true) * 1e6),
        getenv('PUBLIC_URL'), $signature, $body]);
    $id = (int)$db->lastInsertId();
    [$verdict, $stream] = judge($db, $params, $seq, $id);
    run($db, 'INSERT INTO event (delivery_id, type, stream_id, seq, verdict,
        identity, item, data, date_created)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        $id, $params['EventType'] ?? '', $stream, $seq, $verdict,
        $params['Identity'] ?? null,
        $params['ItemIndex'] ?? $params['ItemKey'] ?? null,
        $params['DocumentData'] ?? $params['ItemData'] ?? null,
        $params['DateCreated'] ?? null]);
    $db->exec('COMMIT');
}

function answer(): int
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        return 405;
    }
    $signature = $_SERVER['HTTP_X_TWILIO_SIGNATURE'] ?? '';
    if (!is_signed($signature, getenv('PUBLIC_URL'), $_POST)) {
        return 403;
    }
    try {
        $db = open_journal();
        append($db, $_POST, $signature, file_get_contents('php://input'));
    } catch (PDOException $why) {
        error_log($why->getMessage());
        if (isset($db) && $db->inTransaction()) {
            $db->exec('ROLLBACK');
        }
        return 503;
    }
    return 204;
}

http_response_code(answer());
