package corstest

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// hint is what would mend it: a sentence, and the headers that it is about.
type hint struct {
	what    string
	headers []string
}

// hint names the headers that would let script read the response; of a response that script reads,
// the one that lets it.
func (x *trial) hint() hint {
	e := x.out.Error
	switch {
	case len(x.hidden) > 0:
		return hint{"To let script read it, the response needs:", []string{"Access-Control-Expose-Headers: " + strings.Join(x.hidden, ", ")}}
	case e == nil, x.panicked != "":
		return hint{}
	}
	w := fetch.Wire{}
	if n := len(x.out.Wire); n > 0 {
		w = x.out.Wire[n-1]
	}
	answer := "the response"
	if e.Preflight {
		answer = "the answer to the preflight"
	}
	needs := "To allow it, " + answer + " needs:"
	switch fetch.Code(strings.TrimPrefix(string(e.Code), "Preflight")) {
	case fetch.MissingAllowOriginHeader:
		return x.originHint(aside(e, &w)+needs, &w)
	case fetch.AllowOriginMismatch, fetch.InvalidAllowOriginValue:
		return x.originHint(needs, &w)
	case fetch.WildcardOriginNotAllowed:
		return x.originHint("With credentials, * is no wildcard. "+needs, &w)
	case fetch.MultipleAllowOriginValues:
		return x.originHint("Two layers set the header. To allow it, "+answer+" needs it once:", &w)
	case fetch.InvalidAllowCredentials:
		return hint{needs, []string{"Access-Control-Allow-Credentials: true"}}
	case "InvalidStatus":
		return hint{fmt.Sprintf("To allow it, answer the preflight with 204; it was %d. Authentication and routing come after CORS.", w.Status), nil}
	case "DisallowedRedirect":
		return hint{"Browsers follow no redirect of a preflight: ask for the final URL, or do not redirect OPTIONS.", nil}
	case fetch.InvalidAllowMethodsPreflightResponse, fetch.MethodDisallowedByPreflightResponse:
		if upper := strings.ToUpper(e.Parameter); upper != e.Parameter {
			return hint{fmt.Sprintf("Methods keep their case, except the oldest; write %s in the request.", upper), nil}
		}
		return hint{needs, preflightHeaders(&w)}
	case fetch.InvalidAllowHeadersPreflightResponse, fetch.HeaderDisallowedByPreflightResponse:
		return hint{needs, preflightHeaders(&w)}
	}
	return hint{}
}

// aside is what a missing header often means.
func aside(e *fetch.Error, w *fetch.Wire) string {
	switch {
	case e.Preflight && (w.Status == 404 || w.Status == 405):
		return "No route answers OPTIONS; CORS goes around the whole mux. "
	case e.Preflight && w.Status == 401:
		return "Preflights come without credentials; CORS goes before authentication. "
	case !e.Preflight && w.Status >= 400:
		return "Errors need the headers, too. "
	}
	return ""
}

// originHint allows the origin that the browser sent, and with it all that the preflight asks for.
func (x *trial) originHint(what string, w *fetch.Wire) hint {
	sent := headerOf(w, "Origin")
	credentials := x.out.Request.Credentials == fetch.CredentialsInclude
	switch {
	case sent != "null":
	case sent != x.page:
		return hint{"The redirect to another origin turns the page's into null, which every site can have; ask for the final URL.", nil}
	case credentials:
		return hint{"Every site can have the origin null; it cannot be allowed safely with credentials.", nil}
	default:
		sent = "*"
	}
	list := []string{"Access-Control-Allow-Origin: " + sent}
	if credentials {
		list = append(list, "Access-Control-Allow-Credentials: true")
	}
	if w.Kind == fetch.KindPreflight {
		list = append(list, preflightHeaders(w)...)
	}
	return hint{what, list}
}

// preflightHeaders allow the method and the headers that a preflight asks for.
func preflightHeaders(w *fetch.Wire) (list []string) {
	switch method := headerOf(w, "Access-Control-Request-Method"); method {
	case "GET", "HEAD", "POST":
	default:
		list = append(list, "Access-Control-Allow-Methods: "+method)
	}
	if names := headerOf(w, "Access-Control-Request-Headers"); names != "" {
		list = append(list, "Access-Control-Allow-Headers: "+names)
	}
	return list
}

func headerOf(w *fetch.Wire, name string) string {
	for _, h := range w.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}
