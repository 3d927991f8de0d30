package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

var _ = register(&Cause{
	Slug: "headers-already-sent", Side: cause.Server,
	Title: "The program writes output before it sets the CORS headers",
	When:  "The response lacks CORS headers, and its body has the warning that headers were already sent.",
	Why:   "Headers come before the body, so those that are set after the first byte of output are lost. An empty line or a byte order mark before <?php is output, too.",
	Fix:   "Set the headers before anything is written. In PHP, remove what is before <?php in the file that the message names, and save it as UTF-8 without BOM.",
	Example: &Scenario{
		Server: write(http.StatusOK, "text/html; charset=UTF-8",
			"\n<br />\n<b>Warning</b>:  Cannot modify header information - headers already sent by (output started at /srv/config.php:1) in <b>/srv/api.php</b> on line <b>3</b><br />\n[]"),
		Request: fetch.Request{URL: "{server}/api.php"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: wrongServer, of: anyAnswer, find: func(s *scene) *shown {
		texts := sentAlready
		if s.last.Status < 400 {
			texts = []string{sentByPHP} // the others may be what a response is about
		}
		if text := s.says(texts...); text != "" {
			return s.byBody(text)
		}
		return nil
	}}},
})

// sentAlready are texts of programs about output before a header.
var sentAlready = []string{
	sentByPHP, "headers already sent", "Cannot modify header information", "ERR_HTTP_HEADERS_SENT", "Cannot set headers after they are sent", "Can't set headers after they are sent",
	"Cannot call header after", "IllegalStateException: Response already committed", "response has already been committed",
}

// sentByPHP is PHP's warning about output before a header. Other programs respond
// with an error.
const sentByPHP = "headers already sent by (output started at"
