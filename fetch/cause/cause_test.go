package cause

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/origin"
)

var profiles = []fetch.Profile{fetch.Chromium, fetch.Firefox, fetch.Safari, fetch.Standard}

// TestValidate checks all causes, and that what is wrong with one is found.
func TestValidate(t *testing.T) {
	if err := validate(All()); err != nil {
		t.Error(err)
	}
	good := *Lookup("no-cors-headers")
	for _, c := range []struct {
		want string
		edit func(*Cause)
	}{
		{"kebab case", func(c *Cause) { c.Slug = "No_CORS" }},
		{"used twice", func(*Cause) {}},
		{"characters; at most", func(c *Cause) { c.Title = strings.Repeat("long ", 30) + "title" }},
		{"unknown side", func(c *Cause) { c.Side = "" }},
		{"no example", func(c *Cause) { c.Example = Scenario{} }},
		{"When is empty", func(c *Cause) { c.When = "" }},
		{"white space", func(c *Cause) { c.Why = "Two  blanks." }},
		{"should be sentences", func(c *Cause) { c.Fix = "no stop" }},
		{"full stop as a title", func(c *Cause) { c.Title = "A sentence." }},
		{"unknown word {nothing}", func(c *Cause) { c.Fix = "Look at {nothing}." }},
	} {
		bad := good
		bad.Slug = "bad"
		if c.want == "used twice" {
			bad.Slug = good.Slug
		}
		c.edit(&bad)
		if err := validate([]*Cause{&good, &bad}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, err)
		}
	}
}

// TestTexts checks the texts as people get them.
func TestTexts(t *testing.T) {
	for _, c := range All() {
		f := run(t, fetch.Chromium, c.Example)
		for _, text := range append([]string{f.Findings[0].Title, f.Findings[0].Why, f.Findings[0].Fix.Text, c.When}, f.Findings[0].Evidence...) {
			if strings.ContainsAny(text, "{}") || strings.Contains(text, "  ") || strings.HasSuffix(text, ": ") || text == "" {
				t.Errorf("%s: %q is not filled in well", c.Slug, text)
			}
		}
		if n := len(f.Findings[0].Title); n > 100 {
			t.Errorf("%s: the title %q has %d characters", c.Slug, f.Findings[0].Title, n)
		}
		if n := strings.Count(f.Findings[0].Why, ". "); n > 2 {
			t.Errorf("%s: why has %d sentences: %q", c.Slug, n+1, f.Findings[0].Why)
		}
	}
}

// run makes the request of a scenario in a browser and annotates the verdict.
func run(t *testing.T, p fetch.Profile, s Scenario) *verdict.Verdict {
	t.Helper()
	v := verdictOf(t, p, s)
	Annotate(v)
	return v
}

func verdictOf(t testing.TB, p fetch.Profile, s Scenario) *verdict.Verdict {
	t.Helper()
	config := fetch.PageConfig{Origin: s.Page, EmbedderPolicy: s.Embedder}
	if o, err := origin.Parse(s.Page); err == nil && !o.IsOpaque() && o.AddressSpace() == origin.SpaceUnknown {
		config.AddressSpace = origin.SpacePublic
	}
	page, err := fetch.NewPage(config)
	if err != nil {
		t.Fatalf("page %q: %v", s.Page, err)
	}
	i := -1
	out := fetch.New(fetch.Config{Profile: p}).Fetch(t.Context(), page, &s.Request, func(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		if i++; i >= len(s.Answers) {
			return nil, &fetch.NetError{Code: fetch.CodeAborted, Err: errNoMore}
		}
		a := s.Answers[i]
		if a.Error != "" {
			return nil, &fetch.NetError{Code: a.Error, Err: errors.New("the network says so")}
		}
		r := &fetch.WireResponse{Status: a.Status}
		for line := range strings.Lines(a.Headers) {
			name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), ": ")
			r.Headers = append(r.Headers, fetch.Header{Name: name, Value: value})
		}
		if a.BodyError != "" {
			r.Body = &fetch.Received{Err: &fetch.NetError{Code: a.BodyError}}
		}
		return r, nil
	})
	return verdict.Of(out, verdict.Facts{ReadHeaders: s.ReadHeaders})
}

// errNoMore is the error of a request that a scenario has no answer for. Browsers
// other than Chromium may send one more.
var errNoMore = errors.New("the scenario has no answer")

// ranOut reports whether a scenario had too few answers.
func ranOut(v *verdict.Verdict) bool { return v.Error != nil && v.Error.Detail == errNoMore.Error() }

func slugs(findings []verdict.Finding) (list []string) {
	for _, f := range findings {
		list = append(list, f.Cause)
	}
	return list
}

// fixed is an example with what is different once it is fixed.
func fixed(c *Cause) Scenario {
	s, f := c.Example, c.Fixed
	if f.Page != "" {
		s.Page = f.Page
	}
	if f.Request.URL != "" {
		s.Request = f.Request
	}
	if f.Answers != nil {
		s.Answers = f.Answers
	}
	return s
}

// TestExamples checks that each example shows its cause first in every browser
// that refuses or allows it as the example says, that nothing else is as good an
// explanation, and that nothing is left to say once it is fixed.
func TestExamples(t *testing.T) {
	for _, c := range All() {
		t.Run(c.Slug, func(t *testing.T) {
			blocked := verdictOf(t, fetch.Chromium, c.Example).Error != nil
			if blocked != (c.Severity == verdict.SeverityError) {
				t.Errorf("blocked %t, severity %s", blocked, c.Severity)
			}
			for _, p := range profiles {
				v := run(t, p, c.Example)
				if ranOut(v) && p != fetch.Chromium {
					continue
				}
				if (v.Error != nil) == blocked && (len(v.Findings) == 0 || v.Findings[0].Cause != c.Slug) {
					t.Errorf("%s: %q (%+v)", p, slugs(v.Findings), v.Error)
				}
				if v.Error != nil && blocked && c.Side != Policy && v.Change != nil {
					t.Errorf("%s: the change %+v is not what helps", p, v.Change)
				}
				after := run(t, p, fixed(c))
				if after.Error != nil || len(after.Findings) > 0 {
					t.Errorf("%s: fixed, it is %+v, and finds %q", p, after.Error, slugs(after.Findings))
				}
			}
			s := sceneOf(verdictOf(t, fetch.Chromium, c.Example))
			for _, other := range s.fitting(s.failed[0]) {
				if other != c && other.rank <= c.rank {
					t.Errorf("%s fits as well", other.Slug)
				}
			}
		})
	}
}

// TestJSON checks that a verdict which was read back has the same findings.
func TestJSON(t *testing.T) {
	for _, c := range All() {
		v := verdictOf(t, fetch.Chromium, c.Example)
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var again verdict.Verdict
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if want, got := Find(v), Find(&again); !reflect.DeepEqual(want, got) {
			t.Errorf("%s: %+v, want %+v", c.Slug, got, want)
		}
	}
}

// TestAll checks the order of All, and that it is a copy.
func TestAll(t *testing.T) {
	all := All()
	if !slices.IsSortedFunc(all, func(a, b *Cause) int { return strings.Compare(a.Slug, b.Slug) }) {
		t.Error("not sorted")
	}
	all[0] = nil
	if All()[0] == nil {
		t.Error("not a copy")
	}
	if Lookup("no-such-cause") != nil {
		t.Error("there is a cause without a name")
	}
}

// TestVariants checks conversations that are like an example and have another
// cause, or none.
func TestVariants(t *testing.T) {
	options := func(status int, headers string) Scenario {
		return fromApp(put(), Answer{Status: status, Headers: headers})
	}
	value := func(v string) Scenario {
		return fromApp(get(), Answer{Status: 200, Headers: protocol.AllowOrigin + ": " + v})
	}
	for _, c := range []struct {
		name, want string
		scenario   Scenario
	}{
		{"Express answers OPTIONS by itself", "preflight-without-cors-headers", options(200, "Allow: GET,HEAD,PUT\nContent-Type: text/html; charset=utf-8")},
		{"rs/cors refuses in silence", "origin-not-allowed", options(204, "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers")},
		{"Starlette refuses the origin", "origin-not-allowed", options(400, "Vary: Origin\nAccess-Control-Allow-Methods: GET, PUT\nAccess-Control-Max-Age: 600")},
		{"Starlette refuses the method", "method-not-allowed", options(400, allowed+"Access-Control-Allow-Methods: GET\nAccess-Control-Max-Age: 600")},
		{"not routed, with the origin", "preflight-not-routed", options(405, allowed)},
		{"API Gateway does not know OPTIONS", "preflight-not-routed", options(403, "x-amzn-errortype: MissingAuthenticationTokenException")},
		{"a slash and another port", "acao-wrong-port", value("https://app.example.com:8443/")},
		{"a path of another site", "acao-other-origin", value("https://admin.example.com/login")},
		{"a list of two equal origins", "acao-list-of-origins", value(app + " " + app)},
		{"any port", "acao-subdomain-wildcard", value("https://app.example.com:*")},
		{"no value", "acao-unset-variable", value("")},
		{"a variable of nginx", "acao-unset-variable", value("$http_origin")},
		{"a variable of Apache", "acao-unset-variable", value("(null)")},
		{"host and port of another page", "acao-invalid-value", value("localhost:3000")},
		{"method and header", "method-not-allowed header-not-allowed", fromApp(put(key), grants("Access-Control-Allow-Methods: GET\nAccess-Control-Allow-Headers: content-type"))},
		{"method, and nothing about headers", "method-not-allowed", fromApp(put(key), grants("Access-Control-Allow-Methods: GET"))},
		{"underscores", "misspelled-cors-header", fromApp(get(), Answer{Status: 200, Headers: "Access_Control_Allow_Origin: *"})},
		{"null after a redirect", "redirect-taints-origin-to-null", fromApp(get(), Answer{Status: 302, Headers: allowed + "Location: https://cdn.example.net/"}, Answer{Status: 200})},
		{"to a login that answers", "redirect-to-login", fromApp(get(), Answer{Status: 302, Headers: allowed + "Location: https://login.example.com/"}, Answer{Status: 200})},
		{"one origin, not cacheable", "", fromApp(get(), Answer{Status: 200, Headers: protocol.AllowOrigin + ": " + app + "\nCache-Control: private, max-age=60"})},
		{"one origin, no Cache-Control", "", value(app)},
		{"public", "", fromApp(get(), Answer{Status: 200, Headers: "Access-Control-Allow-Origin: *\nCache-Control: public, max-age=60"})},
		{"a max-age that browsers cap", "", fromApp(put(), grants(protocol.AllowMethods+": PUT\n"+protocol.MaxAge+": 99999999999999999999"), read)},
		{"a negative max-age", "", fromApp(put(), grants(protocol.AllowMethods+": PUT\n"+protocol.MaxAge+": -5"), read)},
		{"a max-age with a sign", "max-age-ignored", fromApp(put(), grants(protocol.AllowMethods+": PUT\n"+protocol.MaxAge+": +60"), read)},
		{"an error that the page can read", "", fromApp(get(), Answer{Status: 404, Headers: allowed})},
		{"OPTIONS is not routed, nor needed", "", fromApp(fetch.Request{URL: api, Method: "POST"}, read)},
		{"an image", "", fromApp(fetch.Request{URL: api, Options: fetch.Options{Destination: fetch.DestinationImage}}, Answer{Status: 200})},
		{"the page's own server", "", fromApp(fetch.Request{URL: app + "/items"}, Answer{Status: 200})},
		{"a cookie of a load balancer", "", fromApp(withCookies(get()), Answer{Status: 200, Headers: allowed + cookies + "Set-Cookie: lb=1; Path=/"})},
	} {
		if got := strings.Join(slugs(run(t, fetch.Chromium, c.scenario).Findings), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestAuthorizationNotNeeded checks that a token that a redirect drops is only noted
// where the last server responds with success without it.
func TestAuthorizationNotNeeded(t *testing.T) {
	for status, want := range map[int]verdict.Severity{200: verdict.SeverityNote, 204: verdict.SeverityNote, 401: verdict.SeverityWarning, 403: verdict.SeverityWarning} {
		example := Lookup("authorization-dropped-on-redirect").Example
		example.Answers = slices.Clone(example.Answers)
		example.Answers[2].Status = status
		found := run(t, fetch.Chromium, example).Findings
		if len(found) != 1 || found[0].Cause != "authorization-dropped-on-redirect" || found[0].Severity != want {
			t.Errorf("%d: %+v", status, found)
		}
	}
}
