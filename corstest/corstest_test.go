package corstest

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

var update = flag.Bool("update", false, "write the golden files anew")

// recorder is a testing.TB that records failures.
type recorder struct {
	testing.TB
	errors, fatals []string
}

func (*recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.fatals = append(r.fatals, fmt.Sprintf(format, args...))
}

const app = "https://app.example.com"

// api returns a small API with a policy.
func api(t testing.TB) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Total-Count", "3")
		w.Header().Set("X-Internal", "db1")
		io.WriteString(w, "[1,2,3]")
	})
	mux.HandleFunc("PUT /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("session"); err != nil || c.Value != "s3cret" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Total-Count", fmt.Sprint(len(body)))
		w.WriteHeader(http.StatusAccepted)
	})
	mux.Handle("/old", http.RedirectHandler("/items", http.StatusFound))
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("out of tea") })
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	policy, err := cors.New(cors.Policy{
		AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Content-Type"},
		ExposeHeaders: []string{"X-Total-Count"}, AllowCredentials: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return policy.Wrap(mux)
}

// headers returns a handler that gives every request the same response. list is
// pairs of names and values.
func headers(status int, list ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(list); i += 2 {
			w.Header().Add(list[i], list[i+1])
		}
		w.WriteHeader(status)
	})
}

const (
	acao = "Access-Control-Allow-Origin"
	acam = "Access-Control-Allow-Methods"
	acah = "Access-Control-Allow-Headers"
	acac = "Access-Control-Allow-Credentials"
	aceh = "Access-Control-Expose-Headers"
)

func TestHolds(t *testing.T) {
	h := api(t)
	Allows(t, h, app, "GET /items")
	Allows(t, h, app, "GET /nowhere", Status(404))
	Allows(t, h, app, "GET /old", Status(200))
	Allows(t, h, app, "PUT /items/1", JSON("{}"))
	Allows(t, h, app, "PUT /items/1", JSON("{}"), WithCredentials(), Cookie("session", "s3cret"), Status(202))
	Allows(t, h, app, "PUT /items/1", JSON("{}"), Cookie("session", "s3cret"), Status(401)) // no cookie without a credentials mode
	Allows(t, h, app, "GET https://other.example.net/items")
	Allows(t, h, app, "GET /items", Browsers(fetch.Chromium, fetch.Firefox, fetch.Safari, fetch.Standard))
	Allows(t, h, app, "GET /items", Server("http://localhost:8080"))
	Allows(t, h, app, "POST /items", Body("", "bytes"))
	Allows(t, h, app, "GET /items", Request(func(r *fetch.Request) { r.Destination = fetch.DestinationXHR }))
	Refuses(t, h, "https://evil.example", "GET /items")
	Refuses(t, h, "null", "GET /items")
	Refuses(t, h, app, "PUT /items/1", Header("X-Trace", "1"), Code(fetch.CodePreflightMissingAllowOriginHeader))
	Refuses(t, h, app, "PATCH /items/1")
	Refuses(t, h, app, "TRACE /items", Code(fetch.CodeTypeError))
	Refuses(t, h, app, "GET /abort", Code(fetch.CodeEmptyResponse))
	Preflights(t, h, app, "PUT /items/1")
	Exposes(t, h, app, "GET /items", "X-Total-Count")
	Exposes(t, headers(200, acao, "*", aceh, "*", "Link", "a", "X-A", "b"), app, "GET /", "Link, X-A")
	if o := Outcome(t, h, "https://evil.example", "GET /items"); o.Error.Code != fetch.CodeMissingAllowOriginHeader {
		t.Errorf("outcome: %v", o.Error)
	}
}

func TestRun(t *testing.T) {
	Run(t, api(t), []Case{
		{Origin: app, Request: "GET /items", Want: Allows, Exposes: "X-Total-Count"},
		{Origin: app, Request: "PUT /items/1", Want: Preflights, Options: []Option{JSON("{}")}},
		{Origin: app, Request: "GET /items", Exposes: "X-Total-Count"},
		{Name: "a stranger", Origin: "https://evil.example", Request: "GET /items", Want: Refuses},
	})
}

// TestFailures compares the failure messages with testdata/failures.golden.
func TestFailures(t *testing.T) {
	h := api(t)
	tests := []struct {
		name  string
		check func(t testing.TB)
	}{
		{"preflight without an origin", func(t testing.TB) {
			Allows(t, h, "https://evil.example", "PUT /items/1", JSON("{}"), WithCredentials())
		}},
		{"no route answers the preflight", func(t testing.TB) {
			mux := http.NewServeMux()
			mux.Handle("PUT /items", headers(200, acao, app))
			Allows(t, mux, app, "PUT /items")
		}},
		{"authentication before CORS", func(t testing.TB) { Allows(t, headers(401), app, "PUT /items") }},
		{"an error without headers", func(t testing.TB) { Allows(t, http.NotFoundHandler(), app, "GET /items") }},
		{"bad status of a preflight", func(t testing.TB) { Allows(t, headers(404, acao, app), app, "DELETE /items") }},
		{"method", func(t testing.TB) { Allows(t, headers(200, acao, app, acam, "GET"), app, "PUT /items") }},
		{"case of a method", func(t testing.TB) { Allows(t, headers(200, acao, app, acam, "PATCH"), app, "patch /items") }},
		{"header", func(t testing.TB) {
			Allows(t, headers(200, acao, app, acah, "x-a"), app, "GET /items", Header("X-A", "1"), Header("X-B", "2"))
		}},
		{"a list that cannot be parsed", func(t testing.TB) {
			Allows(t, headers(200, acao, app, acam, "PUT", acah, "(x-a)"), app, "PUT /items", Browsers(fetch.Chromium, fetch.Firefox))
		}},
		{"a header and a list that cannot be parsed", func(t testing.TB) {
			Allows(t, headers(200, acao, app, acah, "(x-a)"), app, "GET /items", Header("X-B", "2"))
		}},
		{"wildcard and credentials", func(t testing.TB) { Allows(t, headers(200, acao, "*"), app, "GET /items", WithCredentials()) }},
		{"no credentials", func(t testing.TB) { Allows(t, headers(200, acao, app), app, "GET /items", WithCredentials()) }},
		{"two layers", func(t testing.TB) { Allows(t, headers(200, acao, app, acao, app), app, "GET /items") }},
		{"trailing slash", func(t testing.TB) { Allows(t, headers(200, acao, app+"/"), app, "GET /items") }},
		{"redirect of a preflight", func(t testing.TB) {
			Allows(t, http.RedirectHandler("https://login.example.com/", http.StatusFound), app, "PUT /items")
		}},
		{"a sandboxed page", func(t testing.TB) { Allows(t, headers(200), "null", "GET /items") }},
		{"a sandboxed page with credentials", func(t testing.TB) { Allows(t, headers(200), "null", "GET /items", WithCredentials()) }},
		{"status", func(t testing.TB) { Allows(t, h, app, "GET /nowhere", Status(200)) }},
		{"opaque", func(t testing.TB) { Allows(t, h, app, "GET /items", Mode(fetch.ModeNoCORS)) }},
		{"Firefox and Safari", func(t testing.TB) {
			Allows(t, headers(200), app, "GET /items", Browsers(fetch.Firefox, fetch.Safari))
		}},
		{"not exposed", func(t testing.TB) { Exposes(t, h, app, "GET /items", "X-Total-Count, X-Internal, Link") }},
		{"never exposed", func(t testing.TB) {
			Exposes(t, headers(200, acao, app, "Set-Cookie", "a=b"), app, "GET /items", "Set-Cookie")
		}},
		{"not exposed since refused", func(t testing.TB) { Exposes(t, headers(200), app, "GET /items", "Link") }},
		{"reflected", func(t testing.TB) {
			reflect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set(acao, r.Header.Get("Origin"))
				w.Header().Set(acac, "true")
				w.Header().Set("Vary", "Origin")
			})
			Refuses(t, reflect, "https://evil.example", "GET /items", WithCredentials())
		}},
		{"another code", func(t testing.TB) {
			Refuses(t, headers(200), app, "GET /items", Code(fetch.CodeAllowOriginMismatch))
		}},
		{"not by CORS", func(t testing.TB) { Refuses(t, h, app, "GET /items", Server("http://api.example.com")) }},
		{"redirect mode error", func(t testing.TB) {
			Refuses(t, h, app, "GET /old", Redirect("error"))
		}},
		{"refused but opaque", func(t testing.TB) { Refuses(t, h, app, "GET /items", Mode(fetch.ModeNoCORS)) }},
		{"no preflight", func(t testing.TB) { Preflights(t, h, app, "GET /items") }},
		{"refused preflight", func(t testing.TB) { Preflights(t, headers(200), app, "PUT /items") }},
		{"after a redirect", func(t testing.TB) {
			mux := http.NewServeMux()
			mux.Handle("/old", headers(302, acao, app, "Location", "https://other.example.net/new"))
			mux.Handle("/new", headers(200, acao, app))
			Allows(t, mux, app, "GET /old", Header("Accept", "text/plain"))
		}},
		{"no answer", func(t testing.TB) { Allows(t, h, app, "GET /abort") }},
		{"no answer is not a refusal", func(t testing.TB) { Refuses(t, h, app, "GET /abort") }},
		{"control characters", func(t testing.TB) { Allows(t, headers(200, acao, "\x80\u202e"), app, "GET /items") }},
	}
	var all strings.Builder
	for _, test := range tests {
		r := &recorder{TB: t}
		test.check(r)
		if len(r.fatals) > 0 || len(r.errors) == 0 {
			t.Errorf("%s: errors %q, fatals %q", test.name, r.errors, r.fatals)
		}
		fmt.Fprintf(&all, "-- %s --\n%s\n\n", test.name, strings.Join(r.errors, "\n\n"))
	}
	golden(t, "failures.golden", all.String())
}

// TestMistakes checks the messages for calls that make no sense.
func TestMistakes(t *testing.T) {
	h := api(t)
	tests := []struct {
		want  string
		check func(t testing.TB)
	}{
		{`corstest.Allows: request "/items" has no method; write "GET /items"`, func(t testing.TB) { Allows(t, h, app, "/items") }},
		{`request "https://x.example/" has no method; write "GET https://x.example/"`, func(t testing.TB) { Allows(t, h, app, "https://x.example/") }},
		{`request "GET" has no path; write "GET /"`, func(t testing.TB) { Allows(t, h, app, "GET") }},
		{`request "" is malformed; write method, space, path, as in "PUT /items"`, func(t testing.TB) { Allows(t, h, app, "") }},
		{`request "GET  /items" is malformed`, func(t testing.TB) { Allows(t, h, app, "GET  /items") }},
		{`request "GET items" has neither a path nor a URL; write "GET /items"`, func(t testing.TB) { Allows(t, h, app, "GET items") }},
		{`write "https://app.example.com"`, func(t testing.TB) { Allows(t, h, app+"/", "GET /items") }},
		{`origin of the page`, func(t testing.TB) { Refuses(t, h, "", "GET /items") }},
		{`origin of the server`, func(t testing.TB) { Refuses(t, h, app, "GET /items", Server("api.example.com")) }},
		{`the scheme must be http or https`, func(t testing.TB) { Refuses(t, h, app, "GET /items", Server("capacitor://localhost")) }},
		{`page and server have the same origin, https://api.example.com`, func(t testing.TB) { Refuses(t, h, "https://api.example.com", "GET /items") }},
		{`the handler is nil`, func(t testing.TB) { Allows(t, nil, app, "GET /items") }},
		{`both say where the server is`, func(t testing.TB) { Allows(t, Live("http://127.0.0.1:1"), app, "GET /", Server("http://a.example")) }},
		{`has no arguments; name a browser`, func(t testing.TB) { Allows(t, h, app, "GET /", Browsers()) }},
		{`Code is only for Refuses`, func(t testing.TB) { Allows(t, h, app, "GET /", Code(fetch.CodeMissingAllowOriginHeader)) }},
		{`Status is only for Allows`, func(t testing.TB) { Refuses(t, h, app, "GET /", Status(200)) }},
		{`Outcome uses one browser`, func(t testing.TB) { Outcome(t, h, app, "GET /", Browsers(fetch.Firefox, fetch.Safari)) }},
		{`there are no header names`, func(t testing.TB) { Exposes(t, h, app, "GET /", " , ") }},
		{`script cannot make the request "TRACE /items", whatever the handler does: TypeError: Failed to execute 'fetch' on 'Window': 'TRACE' HTTP method is unsupported.`, func(t testing.TB) { Refuses(t, h, app, "TRACE /items") }},
		{`TypeError: Failed to execute 'fetch' on 'Window': Request with GET/HEAD method cannot have body.`, func(t testing.TB) { Allows(t, h, app, "GET /items", JSON("{}")) }},
		{`invalid URL escape`, func(t testing.TB) { Allows(t, h, app, "GET /%zz") }},
	}
	for _, test := range tests {
		r := &recorder{TB: t}
		test.check(r)
		if len(r.fatals) != 1 || !strings.Contains(r.fatals[0], test.want) || len(r.errors) > 0 {
			t.Errorf("errors %q, fatals %q, want one fatal with %q", r.errors, r.fatals, test.want)
		}
	}
}

func TestPanic(t *testing.T) {
	r := &recorder{TB: t}
	Refuses(r, api(t), "https://evil.example", "GET /panic")
	if len(r.errors) != 1 {
		t.Fatalf("errors %q", r.errors)
	}
	for _, want := range []string{"got:  the handler panicked: out of tea\n", "corstest.api", "corstest_test.go:", "✗ the server closed the connection without a response, net::ERR_EMPTY_RESPONSE (EOF)"} {
		if !strings.Contains(r.errors[0], want) {
			t.Errorf("no %q in:\n%s", want, r.errors[0])
		}
	}
	if strings.Contains(r.errors[0], "runtime/debug") {
		t.Errorf("the stack is not the handler's:\n%s", r.errors[0])
	}
}

// TestServed checks that handlers see what they see in production.
func TestServed(t *testing.T) {
	var got []string
	var finished bool
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		got = append(got, fmt.Sprint(r.Method, " ", r.Host, " ", r.TLS != nil, " ", host, " ", err, " ", r.Header.Get("Connection")))
		w.Header().Set(acao, "*")
		w.WriteHeader(http.StatusEarlyHints) // informational
		io.WriteString(w, "answered")
		w.(http.Flusher).Flush()
		time.Sleep(10 * time.Millisecond)
		finished = true
	})
	Allows(t, h, app, "GET /", Status(200))
	if !finished {
		t.Error("the test went on before the handler returned")
	}
	Allows(t, h, app, "GET http://127.0.0.1/")
	want := []string{"GET api.example.com true 192.0.2.1 <nil> ", "GET 127.0.0.1 false 192.0.2.1 <nil> "}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestEndless checks that a stream that never ends delays a test only briefly.
func TestEndless(t *testing.T) {
	left := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(left)
		w.Header().Set(acao, "*")
		w.(http.Flusher).Flush()
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, "data: x\n\n"); err != nil {
				return
			}
		}
	})
	Allows(t, h, app, "GET /events")
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Error("the handler still runs")
	}
}

func TestLive(t *testing.T) {
	s := httptest.NewServer(api(t))
	defer s.Close()
	Allows(t, Live(s.URL), app, "GET /items", Status(200))
	Refuses(t, Live(s.URL), "https://evil.example", "GET /items")
	s.Close()
	r := &recorder{TB: t}
	Allows(r, Live(s.URL), app, "GET /items")
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "net::ERR_CONNECTION_REFUSED") {
		t.Errorf("errors %q", r.errors)
	}
	w := httptest.NewRecorder()
	Live(s.URL).ServeHTTP(w, nil)
	if w.Code != http.StatusNotImplemented {
		t.Errorf("Live serves: %d", w.Code)
	}
}

// TestTimeout checks that a handler that never responds fails the test. Its
// time is simulated.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{TB: t}
		Allows(r, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), app, "GET /items")
		if len(r.errors) != 1 || !strings.Contains(r.errors[0], "net::ERR_TIMED_OUT (the handler has not responded after 30s)") {
			t.Errorf("errors %q", r.errors)
		}
	})
}

// TestFailing fails on purpose, in a process of its own; see TestOutput.
func TestFailing(t *testing.T) {
	if os.Getenv("CORSTEST_FAIL") == "" {
		t.Skip("it is run by TestOutput")
	}
	h := headers(http.StatusNoContent, acao, app, acam, "GET")
	Run(t, h, []Case{
		{Origin: app, Request: "PUT /items", Want: Allows, Options: []Option{JSON("{}")}},
		{Name: "nothing", Origin: app, Request: "GET /items"},
		{Origin: app, Request: "GET /items", Want: Allows},
		{Name: "stranger", Origin: app, Request: "GET /items", Want: Refuses},
	})
}

// TestOutput compares what go test prints when a table fails, and the lines it
// refers to, with testdata/output.golden.
func TestOutput(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFailing$")
	cmd.Env = append(os.Environ(), "CORSTEST_FAIL=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatal("TestFailing did not fail")
	}
	text := regexp.MustCompile(`\(\d+\.\d+s\)`).ReplaceAllString(string(out), "(0.00s)")
	text = regexp.MustCompile(`corstest_test\.go:\d+`).ReplaceAllString(text, "corstest_test.go:LINE")
	text = regexp.MustCompile(`(?m)^(exit status|coverage|GOCOVERDIR|warning: GOCOVERDIR).*\n`).ReplaceAllString(text, "")
	golden(t, "output.golden", strings.ReplaceAll(text, "\r\n", "\n"))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if os.Getenv("CI") == "true" {
			t.Fatal("golden files are never written in CI")
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("no golden file (%v); run \"make golden\"", err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}
