package explain

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// credentialed notes that the request had credentials.
func (r *reading) credentialed() { r.Credentials = true }

// missing decides about a response without Access-Control-Allow-Origin.
func (r *reading) missing() {
	switch {
	case r.RedirectedFrom != "" || strings.HasPrefix(r.Status, "3"):
		r.is("redirect-acao-missing", r.redirectCauses()...)
	case r.Origin == "null":
		r.is("null-origin-page")
	case isApp(r.Origin):
		r.is("non-web-origin-not-allowed", "non-web-origin-not-allowed", "no-cors-headers")
	case r.preflight:
		r.is("preflight-acao-missing", "no-cors-headers", "preflight-not-routed", "preflight-requires-auth", "origin-not-allowed", "preflight-without-cors-headers", "preflight-server-error", "preflight-blocked-by-waf")
	case r.Destination == "script":
		r.is("script-crossorigin-needs-cors", "no-cors-headers", "url-not-found")
	case r.Destination == "font":
		r.is("font-needs-cors", "no-cors-headers", "url-not-found")
	case r.Destination == "img":
		r.is("image-needs-cors", "no-cors-headers", "cached-response-without-cors", "url-not-found")
	default:
		r.is("acao-missing", r.missingCauses()...)
	}
	if strings.Contains(oneLine(r.after[:min(len(r.after), 300)]), "'no-cors'") {
		r.notes = append(r.notes, `Do not set mode "no-cors", as the message suggests: the error goes away, but script can then read neither status nor body.`)
	}
}

// missingOrOther is missing, for a browser that does not distinguish a header
// that is missing from one with another origin.
func (r *reading) missingOrOther() {
	r.missing()
	if r.slug == "acao-missing" && (r.Status == "" || r.Status == "200") {
		r.is("acao-missing", "no-cors-headers", "acao-other-origin", "origin-not-allowed", "cors-missing-on-route")
	}
}

// missingCauses are the causes of a response without the header, by its status.
func (r *reading) missingCauses() []string {
	switch r.Status {
	case "200", "201", "202", "204", "206", "304":
		return []string{"no-cors-headers", "cors-missing-on-route", "origin-not-allowed"}
	case "404", "410":
		return []string{"url-not-found", "error-response-without-cors", "headers-only-on-success"}
	case "405":
		return []string{"preflight-not-routed", "error-response-without-cors"}
	case "401", "407":
		return []string{"auth-error-without-cors", "error-response-without-cors"}
	case "403":
		return []string{"auth-error-without-cors", "origin-not-allowed", "blocked-by-bot-protection", "host-header-rejected"}
	case "413":
		return []string{"payload-too-large-without-cors"}
	case "429":
		return []string{"rate-limited-without-cors"}
	case "502", "503", "504":
		return []string{"gateway-error-without-cors", "error-response-without-cors"}
	}
	if strings.HasPrefix(r.Status, "5") {
		return []string{"server-error-without-cors", "error-response-without-cors", "origin-not-allowed"}
	}
	return []string{"no-cors-headers", "error-response-without-cors", "cors-missing-on-route", "origin-not-allowed"}
}

// loginWords are parts of the path or host of a login page.
var loginWords = []string{"login", "signin", "sign_in", "sign-in", "oauth", "authorize", "/auth", "sso", "saml", "accounts.", "keycloak"}

// redirectCauses are the causes of a redirect that leads to a response without
// the header, by where it leads.
func (r *reading) redirectCauses() []string {
	causes := []string{"redirect-to-login", "redirect-without-cors-headers", "redirect-taints-origin-to-null"}
	target := strings.ToLower(r.URL)
	isLogin := slices.ContainsFunc(loginWords, func(word string) bool { return strings.Contains(target, word) })
	switch {
	case r.RedirectedFrom == "" || isLogin:
		return causes
	case strings.TrimPrefix(r.URL, "https://") == strings.TrimPrefix(r.RedirectedFrom, "http://"):
		return []string{"redirect-https-upgrade", "redirect-without-cors-headers"}
	}
	return []string{"redirect-without-cors-headers", "redirect-taints-origin-to-null", "redirect-to-login"}
}

// preflightStatus decides about a preflight whose status is wrong.
func (r *reading) preflightStatus() {
	r.preflight = true
	switch {
	case r.Status == "401" || r.Status == "403":
		r.is(r.slug, "preflight-requires-auth", "preflight-blocked-by-waf", "origin-not-allowed")
	case r.Status == "404" || r.Status == "405" || r.Status == "501":
		r.is(r.slug, "preflight-not-routed")
	case r.Status == "400":
		r.is(r.slug, "origin-not-allowed", "preflight-not-routed", "host-header-rejected")
	case r.Status == "502" || r.Status == "503" || r.Status == "504":
		r.is(r.slug, "gateway-error-without-cors", "preflight-server-error")
	case strings.HasPrefix(r.Status, "5"):
		r.is(r.slug, "preflight-server-error")
	case strings.HasPrefix(r.Status, "3"):
		r.is("preflight-redirect", strings.Fields(redirected)...)
	}
}

// noCredentials decides about Access-Control-Allow-Credentials.
func (r *reading) noCredentials() {
	r.Credentials = true
	switch {
	case r.value() != "":
		r.is("acac-not-true")
	case r.preflight:
		r.is("acac-missing-on-preflight", "acac-missing-on-preflight", "acac-missing")
	default:
		r.is("acac-missing", "acac-missing", "acac-missing-on-actual")
	}
}

// method decides about a method that is not allowed.
func (r *reading) method() {
	r.preflight = true
	if r.Method != strings.ToUpper(r.Method) {
		r.is("method-case-mismatch", "method-case-mismatch", "method-not-allowed")
		return
	}
	r.is("method-not-allowed", "method-not-allowed", "wildcard-methods-with-credentials")
}

// header decides about a request header that is not allowed.
func (r *reading) header() {
	r.preflight = true
	q := r.question()
	q.Method, q.Headers = "GET", fetch.Headers{{Name: r.Header, Value: "1"}}
	if strings.EqualFold(r.Header, "content-type") {
		q.Headers[0].Value = "application/json"
	}
	q.Answers = []verdict.Wire{{Status: 204, ResponseHeaders: fetch.Headers{
		{Name: "Access-Control-Allow-Origin", Value: q.Origin}, {Name: "Access-Control-Allow-Headers", Value: "x-other"},
	}}}
	switch slug := q.root(); slug {
	case "", "header-not-allowed":
		r.is("header-not-allowed", "header-not-allowed", "wildcard-headers-with-credentials", "acah-missing")
	case "authorization-not-allowed":
		r.is(slug, "header-not-allowed", "wildcard-headers-with-credentials", "acah-missing")
	case "client-sets-response-header":
		r.is(slug)
	default:
		r.is(slug, slug, "header-not-allowed", "wildcard-headers-with-credentials", "acah-missing")
	}
}

// refused decides about a value of Access-Control-Allow-Origin that the browser
// refused.
func (r *reading) refused() {
	q := r.question()
	q.Answers = []verdict.Wire{{Status: 200, ResponseHeaders: fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: decoded(r.value())}}}}
	slug := q.root()
	switch {
	case r.value() == "":
		r.is("acao-empty", "acao-unset-variable", "acao-invalid-value")
	case slug == "":
		// The message has no page, or none that refuses the value.
	case slug == "acao-wrong-scheme" && strings.HasPrefix(r.value(), "http:"):
		r.is(slug, slug, "acao-scheme-from-proxy")
	case slug == "acao-other-origin":
		r.is(slug, slug, "cached-for-other-origin", "origin-not-allowed")
	default:
		r.is(slug)
	}
}

// several decides about several values of Access-Control-Allow-Origin: browsers
// report two lines like one with a list.
func (r *reading) several() {
	r.is("duplicate-acao", "duplicate-acao", "acao-list-of-origins")
	values := strings.Split(r.value(), ", ")
	distinct := map[string]bool{}
	for _, v := range values {
		distinct[v] = true
	}
	switch {
	case r.value() != "" && len(values) == 1, len(distinct) > 2:
		r.is("acao-list-of-origins", "acao-list-of-origins", "duplicate-acao")
	case len(distinct) < len(values):
		r.is("duplicate-acao")
	}
}

// scheme decides about a URL that browsers cannot request with CORS.
func (r *reading) scheme() {
	u, err := weburl.Parse(r.URL, nil)
	switch {
	case strings.HasPrefix(strings.ToLower(r.URL), "file:"), r.Origin == "null", strings.HasPrefix(r.Origin, "file:"), r.value() == "file", r.URL == "":
		r.is("file-origin-page", "null-origin-page")
	case err != nil, isHost(u.Scheme), strings.HasPrefix(u.Path, "/") && u.Host == "":
		r.is("url-without-scheme")
	default:
		r.is("unsupported-scheme")
	}
}

// isHost reports whether what was parsed as a scheme is a host.
func isHost(scheme string) bool {
	return scheme == "localhost" || strings.Contains(scheme, ".")
}

// mixed decides about a page that is https and a request that is not.
func (r *reading) mixed() {
	if r.Origin == "" {
		if u, err := weburl.Parse(r.Page, nil); err == nil {
			r.Origin = u.Origin()
		}
	}
}

// isApp reports whether an origin is that of an app or extension.
func isApp(page string) bool {
	o, err := origin.Parse(page)
	return err == nil && !o.IsOpaque() && o.Scheme() != "http" && o.Scheme() != "https"
}

// question is a request with an answer, for the rules of package cause.
type question struct{ verdict.Question }

// The page and URL of a message that names none.
const (
	somePage = "https://page.invalid"
	someURL  = "https://server.invalid/"
)

func (r *reading) question() *question {
	q := &question{}
	q.URL, q.Origin, q.Method = someURL, somePage, "GET"
	if u, err := weburl.Parse(r.URL, nil); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		q.URL = r.URL
	}
	if _, err := origin.Parse(r.Origin); err == nil {
		q.Origin = r.Origin
	}
	// The message is about CORS, so nothing that comes first refused the request.
	q.Page.AddressSpace = "loopback"
	if rest, ok := strings.CutPrefix(q.URL, "http://"); ok && strings.HasPrefix(q.Origin, "https:") {
		q.URL = "https://" + rest
	}
	return q
}

// root returns the root cause of a refusal, or "".
func (q *question) root() string {
	v, err := q.Ask()
	if err != nil || v.Error == nil {
		return ""
	}
	for _, f := range cause.Find(v) {
		return f.Cause
	}
	return ""
}

// decoded is a value as it was sent, from how Chrome's console shows it.
func decoded(value string) string {
	if !strings.Contains(value, `\u00`) {
		return value
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		var c byte
		if strings.HasPrefix(value[i:], `\u00`) && len(value) >= i+6 && hex(value[i+4:i+6], &c) {
			b.WriteByte(c)
			i += 5
			continue
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

// hex reads two hexadecimal digits.
func hex(s string, c *byte) bool {
	for _, d := range []byte(strings.ToLower(s)) {
		i := strings.IndexByte("0123456789abcdef", d)
		if i < 0 {
			return false
		}
		*c = *c<<4 | byte(i)
	}
	return true
}
