package fix

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// FromPolicy returns the wish for a policy. It is about all that a policy allows:
// origins, methods, headers and credentials that it does not have are taken away.
// The other settings stay as they are, if the policy does not mention them.
func FromPolicy(p *cors.Policy) *stacks.Want {
	w := &stacks.Want{Set: map[string][]string{
		"allow_origins": p.AllowOrigins, "allow_methods": p.AllowMethods, "allow_headers": p.AllowHeaders, "allow_credentials": flag(p.AllowCredentials),
	}}
	set := func(field string, values []string) {
		if len(values) > 0 {
			w.Set[field] = values
		}
	}
	set("dangerously_allow_origin_regexps", p.DangerouslyAllowOriginRegexps)
	set("expose_headers", p.ExposeHeaders)
	if d, ok := p.MaxAge.Duration(); ok {
		set("max_age", []string{d.String()})
	}
	if p.PreflightStatus != 0 {
		set("preflight_status", []string{strconv.Itoa(p.PreflightStatus)})
	}
	set("allow_timing", flag(p.AllowTiming))
	if p.ResourcePolicy != "" {
		set("resource_policy", []string{p.ResourcePolicy})
	}
	set("dangerously_allow_null_origin", flag(p.DangerouslyAllowNullOrigin))
	set("dangerously_allow_all_browser_extensions", flag(p.DangerouslyAllowAllBrowserExtensions))
	set("dangerously_allow_insecure_origins_with_credentials", flag(p.DangerouslyAllowInsecureOriginsWithCredentials))
	set("dangerously_allow_public_suffixes_with_credentials", flag(p.DangerouslyAllowPublicSuffixesWithCredentials))
	return w
}

// Set sets the fields of a wish that are named to what a policy says. The error says
// why browsers or corsac would refuse it.
func Set(w *stacks.Want, p cors.Policy, fields []string) error {
	whole := FromPolicy(&p)
	w.Set = map[string][]string{}
	for _, field := range fields {
		w.Set[field] = whole.Set[field]
	}
	if len(p.AllowOrigins) == 0 {
		p.AllowOrigins = []string{"https://app.example.com"} // the others are to be checked
	}
	_, err := cors.New(p)
	return err
}

// flag returns the values of a field that is true or not there.
func flag(is bool) []string {
	if is {
		return []string{"true"}
	}
	return nil
}

// Bounds on what is read.
const (
	maxVerdicts = 1000
	maxValues   = 1000 // of a setting
)

// ErrNothingFailed is the error of verdicts of requests that are allowed.
var ErrNothingFailed = errors.New("nothing failed in it: the requests are allowed")

// FromCheck returns the wish for what failed in the output of corsac check --json,
// one verdict or several, and the first that did. The error says what is wrong with
// the text, or is [ErrNothingFailed].
func FromCheck(text []byte) (*stacks.Want, *verdict.Verdict, error) {
	w := &stacks.Want{Add: map[string][]string{}}
	var first *verdict.Verdict
	d := json.NewDecoder(bytes.NewReader(text))
	for n := range maxVerdicts {
		var v verdict.Verdict
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) && n > 0 {
			break
		}
		if err != nil || v.Request.URL == "" || v.Result == "" {
			return nil, nil, errors.Join(errors.New("it is not the output of corsac check --json"), err)
		}
		failed := v.Failed()
		switch {
		case failed == nil && len(hidden(&v)) == 0:
			continue
		case failed != nil && failed.Result == fetch.Failed:
			return nil, nil, fmt.Errorf("the request failed before CORS came into it (%s); no setting helps against that", verdict.Explain(failed.Error.Code))
		case failed == nil:
			failed = &v
		}
		if err := addFailed(w, failed); err != nil {
			return nil, nil, err
		}
		if first == nil {
			first = failed
		}
	}
	if first == nil {
		return nil, nil, ErrNothingFailed
	}
	return w, first, nil
}

// hidden returns the names of headers that script could not read, sorted.
func hidden(v *verdict.Verdict) (names []string) {
	for name, readable := range v.ReadHeaders {
		if !readable {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// addFailed adds what the request of a verdict needs.
func addFailed(w *stacks.Want, v *verdict.Verdict) error {
	r := &v.Request
	if r.Origin == "null" {
		return errors.New("the page has the origin null, which any website can send; serve the page over http or https, and check again")
	}
	add := func(field string, values ...string) {
		for _, value := range values {
			if len(w.Add[field]) <= maxValues && !slices.Contains(w.Add[field], value) {
				w.Add[field] = append(w.Add[field], value)
			}
		}
	}
	add("allow_origins", r.Origin)
	if r.Credentials == fetch.CredentialsInclude {
		add("allow_credentials", "true")
	}
	for i := range v.Wire {
		if x := &v.Wire[i]; x.Kind == fetch.KindPreflight {
			if m := x.Headers.Get("Access-Control-Request-Method"); !slices.Contains([]string{"", "GET", "HEAD", "POST"}, m) {
				add("allow_methods", m)
			}
			for name := range strings.FieldsFuncSeq(x.Headers.Get("Access-Control-Request-Headers"), func(r rune) bool { return r == ',' || r == ' ' }) {
				add("allow_headers", written(r, name))
			}
		}
	}
	add("expose_headers", hidden(v)...)
	for _, values := range w.Add {
		if len(values) > maxValues {
			return fmt.Errorf("it asks for more than %d headers", maxValues)
		}
	}
	return nil
}

// written returns the name of a header as the request has it: preflights have only
// small letters.
func written(r *verdict.Request, name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) && h.Name != name {
			return h.Name
		}
	}
	return http.CanonicalHeaderKey(name)
}

// Proof returns the command that shows whether a change works, at a URL: the check
// that failed, or a request that uses what is wanted. connect is what --connect-to
// has for the latter.
func Proof(w *stacks.Want, failed *verdict.Verdict, url string, connect ...string) string {
	if failed != nil {
		r := &failed.Request
		c := check.Case{Request: &fetch.Request{Method: r.Method, Headers: r.Headers}, ReadHeaders: hidden(failed)}
		c.Request.Mode, c.Request.Destination = r.Mode, r.Destination
		if r.Credentials != fetch.CredentialsSameOrigin {
			c.Request.Credentials = r.Credentials
		}
		if body, ok := bodyOf(failed); ok {
			c.Request.Body, c.Body = &fetch.Body{}, []byte(body)
		}
		return c.Command(r.URL, r.Origin)
	}
	r := &fetch.Request{}
	for _, m := range w.Set["allow_methods"] {
		if (r.Method == "" || r.Method == "POST") && !slices.Contains([]string{"GET", "HEAD", "OPTIONS", "*"}, m) {
			r.Method = m // one that needs a preflight, if there is one
		}
	}
	for _, name := range w.Set["allow_headers"] {
		if value := exampleOf(name); value != "" {
			r.Headers = append(r.Headers, fetch.Header{Name: name, Value: value})
		}
	}
	if len(w.Set["allow_credentials"]) > 0 {
		r.Credentials = fetch.CredentialsInclude
	}
	c := check.Case{Request: r, Servers: probe.Settings{ConnectTo: connect}}
	for _, name := range w.Set["expose_headers"] {
		if name != "*" {
			c.ReadHeaders = append(c.ReadHeaders, name)
		}
	}
	return c.Command(url, pageOf(w, url))
}

// bodyOf returns the body of the request of a verdict, which only the command in its
// findings has.
func bodyOf(v *verdict.Verdict) (string, bool) {
	r := &fetch.Request{Method: v.Request.Method, Headers: v.Request.Headers}
	if r.Method == "POST" {
		r.Method = "" // as it is with a body
	}
	before := (&check.Case{Request: r}).Command(v.Request.URL, v.Request.Origin) + " -d "
	for i := range v.Findings {
		rest, ok := strings.CutPrefix(v.Findings[i].Fix.Check, before)
		if !ok {
			continue
		}
		quoted, ok := strings.CutPrefix(rest, "'")
		if !ok {
			word, _, _ := strings.Cut(rest, " ")
			return word, true
		}
		var body strings.Builder
		for {
			part, after, ok := strings.Cut(quoted, "'")
			body.WriteString(part)
			next, more := strings.CutPrefix(after, `\''`)
			if !ok || !more {
				return body.String(), ok
			}
			body.WriteByte('\'')
			quoted = next
		}
	}
	return "", false
}

// verification returns the command that looks at all that a wish allows, without a
// file of policies; "" if the wish names no origin that a page can have.
func verification(w *stacks.Want, failed *verdict.Verdict, url string, connect []string) string {
	if failed != nil {
		url, connect = failed.Request.URL, nil
	}
	words := []string{"corsac", "verify", url}
	for _, o := range slices.Concat(w.Set["allow_origins"], w.Add["allow_origins"]) {
		if !strings.Contains(o, "*") && o != "null" {
			words = append(words, "--origin", o)
		}
	}
	if len(words) == 3 {
		return ""
	}
	return shell.Command(append(words, check.ServerOptions(&probe.Settings{ConnectTo: connect})...))
}

// exampleOf returns a value for a request header; "" for *.
func exampleOf(name string) string {
	switch strings.ToLower(name) {
	case "*":
		return ""
	case "authorization":
		return "Bearer " + check.Placeholder
	case "content-type":
		return "application/json"
	}
	return "1"
}

// pageOf returns an origin that the wish allows, one whose pages may call a URL if
// there is one.
func pageOf(w *stacks.Want, url string) (page string) {
	for _, o := range w.Set["allow_origins"] {
		if o == "*" || o == "null" {
			continue
		}
		o = strings.TrimSuffix(strings.Replace(o, "://*.", "://www.", 1), ":*")
		if !mixed(o, url) {
			return o
		}
		page = cmp.Or(page, o)
	}
	return cmp.Or(page, "https://app.example.com")
}

// mixed reports whether browsers block what a page requests, because it came over
// https and the request goes over http to another machine.
func mixed(page, url string) bool {
	return strings.HasPrefix(page, "https:") && strings.HasPrefix(url, "http:") && !local(url)
}
