package diagnose_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/origin"
)

// hosts responds by host and path, such as "www.example.org/items"; what is not in
// it is a bare 404.
type hosts map[string]http.Handler

func (h hosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if served := h[r.Host+r.URL.Path]; served != nil {
		served.ServeHTTP(w, r)
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

// TestSpellings checks that a URL that works, and for which the one that was called
// was mistaken, is found and named.
func TestSpellings(t *testing.T) {
	open := site{{"OPTIONS", "", answer{204, granted, ""}}, {"", "", answer{200, granted, "[]"}}}
	bare := site{{"", "", answer{200, "", "[]"}}}
	for _, c := range []struct {
		name, url, method string
		server            hosts
		want, call        string
	}{
		{"without the slash", "http://example.org/items", "GET", hosts{"example.org/items/": open}, "url-not-found", "http://example.org/items/"},
		{"with a slash", "http://example.org/items/", "GET", hosts{"example.org/items": open}, "url-not-found", "http://example.org/items"},
		{"two slashes", "http://example.org//items", "GET", hosts{"example.org/items": open}, "url-not-found", "http://example.org/items"},
		{"the slash of a preflight", "http://example.org/items", "PUT", hosts{"example.org/items/": open}, "url-not-found", "http://example.org/items/"},
		{"the query stays", "http://example.org/items?key=1", "GET", hosts{"example.org/items/": open}, "url-not-found", "http://example.org/items/?key=1"},
		{"without www", "http://example.org/items?key=1", "GET", hosts{"example.org/items": bare, "www.example.org/items": open}, "no-cors-headers", "http://www.example.org/items "},
		{"with www", "http://www.example.org/items", "GET", hosts{"www.example.org/items": bare, "example.org/items": open}, "no-cors-headers", "http://example.org/items "},
		{"a loop", "http://www.example.org/items", "GET", hosts{"www.example.org/items": site{{"", "", answer{302, granted + "Location: /items\n", ""}}}, "example.org/items": open}, "redirect-loop", "http://example.org/items "},
		{"a host that is refused", "http://example.org/items", "GET", hosts{"example.org/items": site{{"", "", answer{403, "", "Invalid Host header"}}}, "www.example.org/items": open}, "host-header-rejected", "http://www.example.org/items "},
		{"a redirect to a page that is not it", "http://example.org/items", "PUT", hosts{"example.org/items": site{{"", "", answer{301, "Location: /home\n", ""}}}, "example.org/home": bare, "www.example.org/items": open}, "preflight-redirect", "http://www.example.org/items "},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := &recorder{Handler: c.server}
			x := &diagnose.Scenario{Server: server, Request: fetch.Request{URL: "{server}", Method: c.method}}
			stage, one := play(t, x, x)
			one.Request.URL = c.url
			one.Servers.ConnectTo = []string{"example.org:80:127.0.0.1:" + stage.port, "www.example.org:80:127.0.0.1:" + stage.port}
			v := diagnosed(t, one, diagnose.Options{})
			if got := causes(v); len(got) == 0 || got[0] != c.want {
				t.Fatalf("%v\n%s", got, probesOf(v))
			}
			if fix := v.Findings[0].Fix.Text; !strings.Contains(fix+" ", c.call) {
				t.Errorf("%q is not in\n%s\n%s", c.call, fix, probesOf(v))
			}
			for _, r := range server.requests {
				if r.URL.RawQuery != "" && !strings.Contains(c.url, r.Host) {
					t.Errorf("the query went to %s", r.Host)
				}
			}
		})
	}
}

// TestSpellingOfScheme checks that the other scheme is asked on its own port, and
// without the query.
func TestSpellingOfScheme(t *testing.T) {
	x := &diagnose.Scenario{
		Server: http.NotFoundHandler(), Other: site{{"", "", answer{200, granted, "[]"}}}, OtherTLS: true,
		Request: fetch.Request{URL: "{server}"},
	}
	stage, one := play(t, x, x)
	one.Request.URL = "http://example.org/items?key=1"
	port := stage.other[strings.LastIndex(stage.other, ":")+1:]
	one.Servers.ConnectTo = []string{"example.org:80:127.0.0.1:" + stage.port, "example.org:443:127.0.0.1:" + port}
	v := diagnosed(t, one, diagnose.Options{})
	if got := causes(v); len(got) == 0 || got[0] != "url-not-found" || !strings.Contains(v.Findings[0].Fix.Text, "Call https://example.org/items from") {
		t.Errorf("%v %+v\n%s", got, v.Findings, probesOf(v))
	}
}

// TestSpellingsCarryNothing checks that secrets stay with the named origin, and that
// nothing but harmless methods goes to other spellings, even with Send.
func TestSpellingsCarryNothing(t *testing.T) {
	server := &recorder{Handler: http.NotFoundHandler()}
	x := &diagnose.Scenario{Server: server, Request: fetch.Request{URL: "{server}", Method: "DELETE", Headers: secrets, Options: fetch.Options{Credentials: fetch.CredentialsInclude}}}
	stage, one := play(t, x, x)
	one.Request.URL = "http://example.org/items?key=1"
	one.Servers.ConnectTo = []string{"example.org:80:127.0.0.1:" + stage.port, "www.example.org:80:127.0.0.1:" + stage.port}
	v := diagnosed(t, one, diagnose.Options{Send: true})
	hosts := map[string]bool{}
	for i, r := range server.requests {
		hosts[r.Host] = true
		if r.Host != "example.org" && (secretIn(r, server.bodies[i]) != "" || r.URL.RawQuery != "") || r.URL.Path != "/items" && r.Method == http.MethodDelete {
			t.Errorf("%s %s %s: %s", r.Method, r.Host, r.URL, secretIn(r, server.bodies[i]))
		}
	}
	if !hosts["www.example.org"] {
		t.Errorf("www was not asked: %v\n%s", causes(v), probesOf(v))
	}
}

// TestHops checks that a URL to which a redirect leads is asked from the page, and
// with the origin that the redirected browser sends there, without what is the
// user's.
func TestHops(t *testing.T) {
	for name, c := range map[string]struct {
		other http.Handler
		want  string
		never string
	}{
		"null is refused":         {allowingOnly(page), "Headers on the redirect alone would not help", ""},
		"every origin is allowed": {site{{"", "", answer{200, "Access-Control-Allow-Origin: *\n", "[]"}}}, "That URL allows this page.", "would not help"},
	} {
		t.Run(name, func(t *testing.T) {
			other := &recorder{Handler: c.other}
			x := &diagnose.Scenario{
				Server:  site{{"OPTIONS", "", answer{204, granted + "Access-Control-Allow-Headers: *, authorization\n", ""}}, {"", "", answer{302, "Location: {other}/items\n", ""}}},
				Other:   other,
				Request: fetch.Request{URL: "{server}/items", Headers: secrets},
			}
			_, one := play(t, x, x)
			v := diagnosed(t, one, diagnose.Options{})
			if got := causes(v); len(got) == 0 || got[0] != "redirect-without-cors-headers" {
				t.Fatalf("%v\n%s", got, probesOf(v))
			}
			fix := v.Findings[0].Fix.Text
			if !strings.Contains(fix, c.want) || c.never != "" && strings.Contains(fix, c.never) {
				t.Error(fix)
			}
			var origins []string
			for i, r := range other.requests {
				origins = append(origins, r.Header.Get("Origin"))
				if s := secretIn(r, other.bodies[i]); s != "" {
					t.Error(s)
				}
			}
			if got := strings.Join(origins, " "); got != page+" null" {
				t.Errorf("asked with %s", got)
			}
		})
	}
}

// allowingOnly responds to one origin only.
func allowingOnly(o string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		if r.Header.Get("Origin") == o {
			w.Header().Set("Access-Control-Allow-Origin", o)
		}
	})
}

// TestSpellingsOfHosts checks that another spelling is found where the server of the
// one that was called does not respond at all.
func TestSpellingsOfHosts(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, nobody, _ := net.SplitHostPort(closed.Addr().String())
	_ = closed.Close()
	for _, c := range []struct {
		cause, url, call string
		connect          []string // {plain}, {tls} and {nobody} are ports
	}{
		{"connection-refused", "http://example.org/items", "https://example.org/items", []string{"example.org:80:127.0.0.1:{nobody}", "example.org:443:127.0.0.1:{tls}"}},
		{"dns-failure", "http://www.example.invalid/items", "http://example.invalid/items", []string{"example.invalid:80:127.0.0.1:{plain}"}},
		{"tls-name-mismatch", "https://example.org/items", "https://www.example.org/items", nil},
	} {
		t.Run(c.cause, func(t *testing.T) {
			open := site{{"", "", answer{200, granted, "[]"}}}
			x := &diagnose.Scenario{Server: open, Other: open, OtherTLS: true, Request: fetch.Request{URL: "{server}"}}
			stage, one := play(t, x, x)
			ports := strings.NewReplacer("{plain}", stage.port, "{tls}", stage.other[strings.LastIndex(stage.other, ":")+1:], "{nobody}", nobody)
			one.Request.URL = c.url
			for _, mapping := range c.connect {
				one.Servers.ConnectTo = append(one.Servers.ConnectTo, ports.Replace(mapping))
			}
			v := diagnosed(t, one, diagnose.Options{})
			if c.cause == "tls-name-mismatch" {
				v = mismatched(t, c.url)
			}
			if got := causes(v); len(got) == 0 || got[0] != c.cause || !strings.Contains(v.Findings[0].Fix.Text, "Call "+c.call+" from the page") {
				t.Errorf("%v %+v\n%s", got, v.Findings, probesOf(v))
			}
		})
	}
}

// names is a sender for which one host has a certificate.
type names struct{ diagnose.Sender }

func (names) Ask(_ context.Context, a *check.Ask) *check.Answer {
	if !strings.HasPrefix(a.URL, "https://www.example.org/") {
		return &check.Answer{Code: fetch.CodeCertName, Err: errors.New("the certificate is for www.example.org")}
	}
	return &check.Answer{Status: 200, Headers: fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: "*"}}}
}
func (names) Space(string) origin.AddressSpace { return origin.SpacePublic }
func (names) Bodies() [][]byte                 { return nil }
func (names) Changes() []verdict.Change        { return nil }
func (names) Command(string, string) string    { return "corsac check" }

// mismatched diagnoses a request whose certificate is for another name.
func mismatched(t *testing.T, url string) *diagnose.Verdict {
	t.Helper()
	v := &verdict.Verdict{
		Request: verdict.Request{URL: url, Origin: page, Method: "GET"},
		Error:   &verdict.Error{Code: string(fetch.CodeCertName)},
		Wire:    []verdict.Wire{{Kind: fetch.KindActual, Method: "GET", URL: url, Error: "x"}},
	}
	return diagnose.New(diagnose.Options{}).Diagnose(t.Context(), names{}, v)
}
