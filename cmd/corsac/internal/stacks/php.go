package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "php",
	Title:    "PHP",
	Layer:    Application,
	Versions: "PHP 8.2", Proof: Live, Holds: holdsMiddleware,
	Server: &Server{
		Programs: []string{"php"}, Install: "apt-get install php-cli", Start: `-S "$host:$port" index.php`, Files: phpFiles,
	},
	Why: "One file that every script includes first: header() has to come before output. The expression has the modifier D, since $ in PCRE also matches before a line end.",
	Signs: []Sign{
		header(finding.Certain, "X-Powered-By", "PHP/"),
		cookie(finding.Certain, "PHPSESSID"),
		body(finding.Certain, "Cannot modify header information - headers already sent"),
		body(finding.Likely, "<b>Fatal error</b>:  "),
		body(finding.Likely, "<b>Warning</b>:  "),
	},
	Projects: []Project{{File: "composer.json", Sure: finding.Likely}, {File: "index.php", Sure: finding.Likely}},
	Snippet:  phpSnippet,
	Advice: map[string]Advice{
		"headers-already-sent":           {Text: "Something was printed before header() was called: a blank or a byte order mark before <?php, a newline after ?> of an included file, or a warning. The message names the file and the line. Leave ?> out at the end of files, and make require __DIR__ . '/cors.php'; the first statement."},
		"preflight-without-cors-headers": {Text: "PHP runs the script for OPTIONS, too. Answer the preflight in the first lines, and end there."},
		"preflight-requires-auth":        {Text: "Require cors.php before the code that checks the session or the token. A preflight never carries a cookie or a token."},
		"auth-error-without-cors":        {Text: "Require cors.php before the code that checks the session or the token."},
		"server-error-without-cors":      {Text: "The error is in the log of PHP: fix that first. Require cors.php before everything that can fail: headers that are set before a fatal error are sent."},
		"headers-only-on-success":        {Text: "Require cors.php before the code that decides on the status. If the status comes from Apache or nginx, set the headers there."},
		"cookie-samesite-blocks-cross-site": {
			Text: "Call session_set_cookie_params(['samesite' => 'None', 'secure' => true, 'httponly' => true]) before session_start().", Only: true,
		},
	},
})

func phpSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	var c code
	c.line("<?php")
	c.line("")
	isAllowed := phpAllowed(&c, r)
	c.line("$preflight = $_SERVER['REQUEST_METHOD'] === 'OPTIONS' && isset($_SERVER['HTTP_ORIGIN'], $_SERVER['HTTP_ACCESS_CONTROL_REQUEST_METHOD']);")
	indent := ""
	if r.anyOrigin {
		c.line("header('Access-Control-Allow-Origin: *');")
	} else {
		c.line("header('Vary: Origin', false);")
		c.line("if (%s) {", isAllowed)
		indent = "    "
		c.line(`%sheader("Access-Control-Allow-Origin: $origin");`, indent)
	}
	c.when(r.credentials, "%sheader('Access-Control-Allow-Credentials: true');", indent)
	c.when(len(r.expose) > 0, "%sheader(%s);", indent, phpString("Access-Control-Expose-Headers: "+commas(r.expose)))
	c.line("%sif ($preflight) {", indent)
	c.line("%s    header(%s);", indent, phpString("Access-Control-Allow-Methods: "+commas(r.methods)))
	switch {
	case r.anyHeader:
		c.line("%s    header('Access-Control-Allow-Headers: ' . ($_SERVER['HTTP_ACCESS_CONTROL_REQUEST_HEADERS'] ?? ''));", indent)
	case len(r.headers) > 0:
		c.line("%s    header(%s);", indent, phpString("Access-Control-Allow-Headers: "+commas(r.headers)))
	}
	c.when(r.maxAge >= 0, "%s    header('Access-Control-Max-Age: %d');", indent, r.maxAge)
	c.line("%s}", indent)
	c.when(!r.anyOrigin, "}")
	c.line("if ($preflight) {")
	c.line("    http_response_code(%d);", r.preflightStatus())
	c.line("    exit;")
	c.line("}")
	return r.snippet(&c, Snippet{
		File:      "cors.php",
		Place:     "a file of its own; require __DIR__ . '/cors.php'; is the first statement of every script, before any output",
		Shortfall: gaps("Scripts must not set these headers themselves, and must add to Vary with header('Vary: …', false)."),
	})
}

// phpAllowed writes what is needed to decide about $origin, and returns the
// expression that does.
func phpAllowed(c *code, r *rules) (expr string) {
	if r.anyOrigin {
		return "true"
	}
	c.line("$origin = $_SERVER['HTTP_ORIGIN'] ?? '';")
	terms := make([]string, 0, 2)
	if len(r.exact) > 0 || len(r.patterns) == 0 {
		terms = append(terms, "in_array($origin, ["+list(phpString, r.exact...)+"], true)")
	}
	if len(r.patterns) > 0 {
		terms = append(terms, "preg_match("+phpString(phpPatterns([]pattern{r.union()})[0])+", $origin) === 1")
	}
	c.line("$allowed = %s;", strings.Join(terms, "\n    || "))
	return "$allowed"
}

const phpRoutes = `
// Routes: ` + appRoutes + `.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/x') {
    header('X-Total-Count: 3');
    return;
}
if ($_SERVER['REQUEST_METHOD'] !== 'GET') {
    http_response_code(405);
    return;
}
if ($path === '/throw') {
    throw new Exception('boom');
}
if ($path === '/own') {
    header('Access-Control-Allow-Origin: *');
    header('Vary: Accept-Language', false);
    return;
}
http_response_code(['/200' => 200, '/401' => 401, '/500' => 500][$path] ?? 404);
`

func phpFiles(code string, _ Addresses) map[string]string {
	return map[string]string{"index.php": code + "\n" + phpRoutes}
}
