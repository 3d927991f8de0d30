package corstest

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// hint says what would mend it, "" if nothing does: what is to change besides the answers, or what
// they need, behind what a failure like this often means.
func (x *trial) hint(v *verdict.Verdict) string {
	aside, goal, all := "", "To let script read it, ", "the response"
	if e := x.out.Error; e != nil {
		if text := x.elsewhere(e); text != "" {
			return text
		}
		aside, goal = x.aside(e), "To allow it, "
		if e.Preflight {
			all = "every answer"
		}
	}
	var needs []string
	for _, answer := range []struct{ on, name string }{
		{"every", all}, {"preflight", "the answer to the preflight"}, {"actual", "the response"},
	} {
		if lines := linesOn(v.Change, answer.on); lines != "" {
			needs = append(needs, goal+answer.name+" needs:"+lines)
			goal = "And "
		}
	}
	return strings.TrimSpace(aside + strings.Join(needs, "\n  "))
}

// linesOn are the lines that a change puts on one kind of answers.
func linesOn(changes []verdict.Change, on string) string {
	var b strings.Builder
	for i := range changes {
		switch c := &changes[i]; {
		case c.On != on:
		case c.Field == "preflight_status":
			b.WriteString("\n     status " + c.Values[0] + ", " + c.Why)
		case c.Header != "":
			b.WriteString("\n     " + verdict.Printable(c.Header))
		}
	}
	return b.String()
}

// elsewhere is what is to change besides the answers, "" for nothing.
func (x *trial) elsewhere(e *fetch.Error) string {
	switch upper := strings.ToUpper(e.Parameter); {
	case e.Code == fetch.CodePreflightDisallowedRedirect:
		return "Browsers follow no redirect of a preflight: ask for the final URL, or do not redirect OPTIONS."
	case e.Code == fetch.CodeMethodDisallowedByPreflightResponse && upper != e.Parameter:
		return fmt.Sprintf("Methods keep their case, except the oldest; write %s in the request.", upper)
	case !strings.HasPrefix(e.Header(), "Access-Control-") || x.last().Headers.Get("Origin") != "null":
		return ""
	case x.page != "null":
		return "The redirect to another origin turns the page's into null, which every site can have; ask for the final URL."
	case x.out.Request.Credentials == fetch.CredentialsInclude:
		return "Every site can have the origin null; it cannot be allowed safely with credentials."
	}
	return ""
}

// aside is what a failure often means.
func (x *trial) aside(e *fetch.Error) string {
	status := x.last().Status
	switch fetch.Code(strings.TrimPrefix(string(e.Code), "Preflight")) {
	case fetch.CodeMissingAllowOriginHeader:
		switch {
		case e.Preflight && (status == 404 || status == 405):
			return "No route answers OPTIONS; CORS goes around the whole mux. "
		case e.Preflight && status == 401:
			return "Preflights come without credentials; CORS goes before authentication. "
		case !e.Preflight && status >= 400:
			return "Errors need the headers, too. "
		}
	case fetch.CodeWildcardOriginNotAllowed:
		return "With credentials, * is no wildcard. "
	case fetch.CodeMultipleAllowOriginValues:
		return "Two layers set " + e.Header() + "; only one may. "
	case "InvalidStatus":
		return "Authentication and routing come after CORS. "
	case fetch.CodeInvalidAllowMethodsPreflightResponse, fetch.CodeInvalidAllowHeadersPreflightResponse:
		return e.Header() + " cannot be parsed. "
	}
	return ""
}

// last is the request that failed, with its answer; empty if none was sent.
func (x *trial) last() *fetch.Recorded {
	if n := len(x.out.Wire); n > 0 {
		return &x.out.Wire[n-1]
	}
	return &fetch.Recorded{}
}
