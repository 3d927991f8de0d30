SNIPPET
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/x':
        header('X-Total-Count: 3');
        break;
    case '/401':
        http_response_code(401);
        break;
    case '/500':
        throw new Exception('boom');
    default:
        http_response_code(404);
}
