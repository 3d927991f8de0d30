package rewrite

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/weburl"
)

func parse(t testing.TB, s string) *weburl.URL {
	t.Helper()
	u, err := weburl.Parse(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// mapping returns a mapping between two URLs, whose paths are those of the sides.
func mapping(t testing.TB, front, upstream string) Mapping {
	f, u := parse(t, front), parse(t, upstream)
	return Mapping{Front: SideOf(f, f.Path), Upstream: SideOf(u, u.Path)}
}

// TestAddress checks redirects. Each is one of the response to a request for
// /v1/users/7 of the front, which is /users/7 of a server at staging.example.com
// with prefixes stripped, unless the case says otherwise.
func TestAddress(t *testing.T) {
	strip := mapping(t, "http://localhost:3000/v1", "https://staging.example.com")
	same := mapping(t, "http://localhost:3000", "http://localhost:8080")
	based := mapping(t, "http://localhost:3000", "http://localhost:8080/base")
	web := mapping(t, "http://localhost:3000", "http://localhost:5173")
	for _, c := range []struct {
		m           Mapping
		asked, sent string
		value, want string
	}{
		{strip, "/v1/users/7", "/users/7", "https://staging.example.com/login?a=b#c", "http://localhost:3000/v1/login?a=b#c"},
		{strip, "/v1/users/7", "/users/7", "HTTPS://Staging.Example.com:443", "http://localhost:3000/v1/"},
		{strip, "/v1/users/7", "/users/7", "http://staging.example.com/login", "http://localhost:3000/v1/login"},
		{strip, "/v1/users/7", "/users/7", "http://staging.example.com:8080/login", "http://staging.example.com:8080/login"},
		{strip, "/v1/users/7", "/users/7", "//staging.example.com/login", "http://localhost:3000/v1/login"},
		{strip, "/v1/users/7", "/users/7", "/login", "/v1/login"},
		{strip, "/v1/users/7", "/users/7", "8?x", "8?x"},
		{strip, "/v1/users/7", "/users/7", "../../login", "/v1/login"},
		{strip, "/v1/users/7", "/users/7", "../teams", "../teams"},
		{strip, "/v1/users/7", "/users/7", "https://accounts.example.com/", "https://accounts.example.com/"},
		{strip, "/v1/users/7", "/users/7", "https://staging.example.com.evil.example/", "https://staging.example.com.evil.example/"},
		{strip, "/v1/users/7", "/users/7", "https://staging.example.com@evil.example/", "https://staging.example.com@evil.example/"},
		{strip, "/v1/users/7", "/users/7", `https:\\staging.example.com\x`, "http://localhost:3000/v1/x"},
		{strip, "/v1/users/7", "/users/7", "http://localhost:5173/done", "http://localhost:3000/done"}, // another route
		{strip, "/v1/users/7", "/users/7", "mailto:a@example.com", "mailto:a@example.com"},
		{strip, "/v1/users/7", "/users/7", "https://[", "https://["},
		{same, "/api/x", "/api/x", "http://localhost:8080/api/y", "http://localhost:3000/api/y"},
		{same, "/api/x", "/api/x", "http://127.0.0.1:8080/api/y", "http://localhost:3000/api/y"},
		{same, "/api/x", "/api/x", "http://[::1]:8080/api/y", "http://localhost:3000/api/y"},
		{same, "/api/x", "/api/x", "http://127.0.0.1:8080/api/x", "http://127.0.0.1:8080/api/x"}, // would be a loop
		{same, "/api/x", "/api/x", "http://localhost:8080/api/x", "http://localhost:3000/api/x"}, // is one anyway
		{same, "/api/x", "/api/x", "https://localhost:8080/api/y", "https://localhost:8080/api/y"},
		{same, "/api/x", "/api/x", "/api/y", "/api/y"},
		{same, "/api/x", "/api/x", "//localhost:3000/api/y", "//localhost:3000/api/y"},
		{based, "/x", "/base/x", "/base/y", "/y"},
		{based, "/x", "/base/x", "/other", "/other"},
		{based, "/x", "/base/x", "/base//evil.example", "http://localhost:3000//evil.example"},
		{based, "/x", "/base/x", "/based", "/based"},
	} {
		sent := parse(t, c.m.Upstream.origin()+c.sent)
		x := &Exchange{Mapping: c.m, Asked: parse(t, c.m.Front.origin()+c.asked), Sent: sent, Others: []Mapping{web}}
		if got := x.Address(c.value); got != c.want {
			t.Errorf("%s: %q, want %q", c.value, got, c.want)
		}
	}
}

// TestAddressLeads checks that no address is translated into one of another route.
func TestAddressLeads(t *testing.T) {
	api := mapping(t, "http://localhost:3000", "http://localhost:8080")
	x := &Exchange{
		Mapping: api, Asked: parse(t, "http://localhost:3000/api/x"), Sent: parse(t, "http://localhost:8080/api/x"),
		Leads: func(path string, m Mapping) bool { return m == api && strings.HasPrefix(path, "/api/") },
	}
	for value, want := range map[string]string{
		"http://localhost:8080/api/y": "http://localhost:3000/api/y",
		"http://localhost:8080/login": "http://localhost:8080/login",
	} {
		if got := x.Address(value); got != want {
			t.Errorf("%s: %s", value, got)
		}
	}
}

func TestRefreshAndLink(t *testing.T) {
	m := mapping(t, "http://localhost:3000/v1", "https://staging.example.com")
	x := &Exchange{Mapping: m, Asked: parse(t, "http://localhost:3000/v1/a"), Sent: parse(t, "https://staging.example.com/a")}
	for value, want := range map[string]string{
		"5":                              "5",
		"":                               "",
		"x; url=/b":                      "x; url=/b",
		"5; url=/b":                      "5; url=/v1/b",
		"0;URL='/b'":                     "0;URL='/v1/b'",
		`1.5 , Url = "/b" and more`:      `1.5 , Url = "/v1/b" and more`,
		"5 /b":                           "5 /v1/b",
		"5;/b":                           "5;/v1/b",
		"5; url='/b":                     "5; url='/v1/b",
		"5; url=":                        "5; url=",
		"5; url=''":                      "5; url=''",
		"3; url=https://other.example/x": "3; url=https://other.example/x",
	} {
		if got := x.Refresh(value); got != want {
			t.Errorf("Refresh %q: %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]string{
		`</b?page=2>; rel="next", <https://staging.example.com/b>; rel=last`: `</v1/b?page=2>; rel="next", <http://localhost:3000/v1/b>; rel=last`,
		`<c>; rel=next; title="see </b>, or \"</b>"`:                         `<c>; rel=next; title="see </b>, or \"</b>"`,
		`</b`: `</b`,
		`b`:   `b`,
	} {
		if got := x.Link(value); got != want {
			t.Errorf("Link %q: %q, want %q", value, got, want)
		}
	}
}

func TestSetCookie(t *testing.T) {
	plain := mapping(t, "http://localhost:3000/v1", "https://staging.example.com")
	secure := mapping(t, "https://localhost:3000/v1", "https://staging.example.com")
	same := mapping(t, "http://localhost:3000", "https://staging.example.com")
	based := mapping(t, "http://localhost:3000", "https://staging.example.com/base")
	for _, c := range []struct {
		m          Mapping
		line, want string
		reasons    int
	}{
		{same, "a=b", "a=b", 0},
		{same, "a=b;", "a=b;", 0},
		{same, "a=b; Path=/; HttpOnly; Max-Age=3", "a=b; Path=/; HttpOnly; Max-Age=3", 0},
		{same, "a=b; Domain=.example.com; Path=/", "a=b; Path=/", 1},
		{same, "a=b;domain=example.com", "a=b", 1},
		{same, "a=b; Domain=", "a=b; Domain=", 0},
		{same, "a=b; Secure; SameSite=None; Partitioned", "a=b; SameSite=Lax", 3},
		{same, "a=b; secure;samesite = none ;x", "a=b;samesite = Lax ;x", 2},
		{same, "a=b; SameSite=Strict; Secure", "a=b; SameSite=Strict", 1},
		{same, "__Host-sid=x; Secure; Path=/", "corsac__Host-sid=x; Path=/", 2},
		{same, "__SECURE-sid=x; Secure", "corsac__SECURE-sid=x", 2},
		{same, "__Http-sid=x; Secure", "corsac__Http-sid=x", 2},
		{same, "__Other-sid=x", "__Other-sid=x", 0},
		{same, "b", "b", 0},
		{secure, "__Host-sid=x; Secure; Path=/; SameSite=None; Partitioned", "__Host-sid=x; Secure; Path=/; SameSite=None; Partitioned", 0},
		{secure, "sid=x; Secure; Path=/users; SameSite=None", "sid=x; Secure; Path=/v1/users; SameSite=None", 1},
		{plain, "a=b; Path=/", "a=b; Path=/", 0},
		{plain, "a=b; Path=users", "a=b; Path=users", 0},
		{based, "a=b; Path=/", "a=b; Path=/", 0},
		{based, "a=b; Path=/base", "a=b; Path=/", 1},
		{based, "a=b; Path=/base/x", "a=b; Path=/x", 1},
		{based, "a=b; Path=/based", "a=b; Path=/based", 0},
		{based, "a=b; Path=/bas", "a=b; Path=/bas", 0},
	} {
		got, why := c.m.SetCookie(c.line)
		if got != c.want || len(why) != c.reasons {
			t.Errorf("%s: %q, %q, want %q", c.line, got, why, c.want)
		}
	}
}

// TestCookies checks that the server gets its cookies by the names that it gave
// them.
func TestCookies(t *testing.T) {
	m := mapping(t, "http://localhost:3000", "https://staging.example.com")
	for _, name := range []string{"sid", "__Host-sid", "__SECURE-x", "__http-x", "__x", "corsac", "corsac_x"} {
		line, _ := m.SetCookie(name + "=v=1; Secure; Path=/")
		pair, _, _ := strings.Cut(line, ";")
		h := http.Header{"Cookie": {"a=corsac__Host-; " + pair + ";b=2"}}
		m.Cookies(h)
		if got, want := h.Get("Cookie"), "a=corsac__Host-; "+name+"=v=1;b=2"; got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestCookiesOverTLS checks that no server can set a __Host- cookie in disguise for
// a proxy that uses https.
func TestCookiesOverTLS(t *testing.T) {
	h := http.Header{"Cookie": {"corsac__Host-sid=1"}}
	if mapping(t, "https://localhost:3000", "https://staging.example.com").Cookies(h); h.Get("Cookie") != "corsac__Host-sid=1" {
		t.Errorf("%q", h)
	}
}

func TestHeaders(t *testing.T) {
	m := mapping(t, "http://localhost:3000", "https://staging.example.com")
	request := http.Header{"Origin": {"http://localhost:3000"}, "Referer": {"http://localhost:3000/page?x#y"}}
	if changes := m.Identity(request); len(changes) != 2 ||
		request.Get("Origin") != "https://staging.example.com" || request.Get("Referer") != "https://staging.example.com/page?x" {
		t.Errorf("%q, %v", request, changes)
	}
	foreign := http.Header{"Referer": {"https://example.com/"}}
	if changes := m.Identity(foreign); len(changes) != 0 {
		t.Error(changes)
	}
	lines := []string{"a=1; Secure", "b=2"}
	response := http.Header{
		"Set-Cookie": lines, "Strict-Transport-Security": {"max-age=1"}, "Alt-Svc": {`h3=":443"`}, "Location": {"https://staging.example.com/x"},
	}
	x := &Exchange{Mapping: m, Asked: parse(t, "http://localhost:3000/"), Sent: parse(t, "https://staging.example.com/")}
	changes := x.Response(response)
	if len(changes) != 4 || len(response) != 2 || !slices.Equal(response["Set-Cookie"], []string{"a=1", "b=2"}) {
		t.Errorf("%q, %v", response, changes)
	}
	if lines[0] != "a=1; Secure" {
		t.Error("the upstream's own lines have changed")
	}
	for _, c := range changes {
		if c.Why == "" || c.Header == "" || c.Before == c.After {
			t.Errorf("%+v", c)
		}
	}
}
