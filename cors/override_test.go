package cors_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/corsac-dev/corsac/cors"
)

// wrong sets CORS headers as a misguided handler does.
func wrong(h http.Header) {
	h["Access-Control-Allow-Origin"] = []string{"*", "https://other.example"}
	h.Set("Access-Control-Allow-Credentials", "false")
	h.Set("Access-Control-Allow-Private-Network", "true")
	h["access-control-max-age"] = []string{"1"}
	h.Set("Vary", "Accept-Encoding")
}

// TestWrapOverride sends the same request to handlers that set wrong headers and
// then write in every way there is, over HTTP/1.1 and HTTP/2.
func TestWrapOverride(t *testing.T) {
	handlers := map[string]func(w http.ResponseWriter, r *http.Request){
		"nothing":   func(http.ResponseWriter, *http.Request) {},
		"status":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
		"body":      func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") },
		"bytes":     func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("x")) },
		"copy":      func(w http.ResponseWriter, _ *http.Request) { io.Copy(w, strings.NewReader("x")) },
		"error":     func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", http.StatusInternalServerError) },
		"not found": http.NotFound,
		"redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"flush":     func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
		"control":   func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"twice": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200)
			wrong(w.Header())
			io.WriteString(w, "x")
		},
		"mux":   http.NewServeMux().ServeHTTP,
		"panic": func(http.ResponseWriter, *http.Request) { panic("a handler's") },
	}
	m := mustNew(t, full())
	mux := http.NewServeMux()
	for name, handle := range handlers {
		mux.HandleFunc("/"+strings.ReplaceAll(name, " ", "-"), func(w http.ResponseWriter, r *http.Request) {
			wrong(w.Header())
			handle(w, r)
		})
	}
	overridden := m.WrapOverride(mux)
	recovering := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				http.Error(w, "recovered", http.StatusInternalServerError)
			}
		}()
		overridden.ServeHTTP(w, r)
	})
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(recovering)
		server.EnableHTTP2 = http2
		server.StartTLS()
		client := server.Client()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		for name := range handlers {
			r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/"+strings.ReplaceAll(name, " ", "-"), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Origin", app)
			res, err := client.Do(r)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			checkOverridden(t, fmt.Sprintf("%s, HTTP/%d", name, res.ProtoMajor), res.Header)
		}
		server.Close()
	}
}

func checkOverridden(t *testing.T, name string, h http.Header) {
	t.Helper()
	want := map[string][]string{
		"Access-Control-Allow-Origin": {app}, "Access-Control-Allow-Credentials": {"true"},
		"Access-Control-Expose-Headers": {"x-total-count"}, "Access-Control-Allow-Private-Network": nil, "Access-Control-Max-Age": nil,
	}
	for header, value := range want {
		if !slices.Equal(h[header], value) {
			t.Errorf("%s: %s is %q, want %q", name, header, h[header], value)
		}
	}
	if vary := strings.Join(h["Vary"], ", "); !strings.Contains(vary, "Origin") || !strings.Contains(vary, "Accept-Encoding") {
		t.Errorf("%s: Vary is %q", name, vary)
	}
}

func TestWrapOverrideInterimAndTrailers(t *testing.T) {
	m := mustNew(t, full())
	server := httptest.NewServer(m.WrapOverride(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		wrong(w.Header())
		w.Header().Set("Link", "</x>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		wrong(w.Header())
		w.Header().Set("Trailer", "Access-Control-Allow-Origin, X-Sum")
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "x")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("X-Sum", "1")
		w.Header().Set(http.TrailerPrefix+"Access-Control-Expose-Headers", "*")
		w.Header().Set(http.TrailerPrefix+"X-Late", "2")
	})))
	defer server.Close()
	interim := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		interim++
		if got := h["Access-Control-Allow-Origin"]; !slices.Equal(got, []string{app}) {
			t.Errorf("the interim response has %q", got)
		}
		return nil
	}})
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", app)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	checkOverridden(t, "final", res.Header)
	if interim != 1 || res.Trailer.Get("X-Sum") != "1" || res.Trailer.Get("X-Late") != "2" || len(res.Trailer) != 2 {
		t.Errorf("%d interim responses, trailers %v", interim, res.Trailer)
	}
}

// What the policy says of timing and embedding stands, however the handler spells
// it; what it does not say is the handler's.
func TestWrapOverrideTimingAndEmbedding(t *testing.T) {
	theirs := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Timing-Allow-Origin"] = []string{"https://other.example"}
		w.Header()["timing-allow-origin"] = []string{"*"}
		w.Header()["Cross-Origin-Resource-Policy"] = []string{"same-origin"}
		w.Header()["cross-origin-resource-policy"] = []string{"same-site"}
		w.WriteHeader(200)
	})
	both := cors.Policy{AllowOrigins: []string{app}, AllowTiming: true, ResourcePolicy: "cross-origin"}
	for _, c := range []struct {
		policy cors.Policy
		origin string
		want   string
	}{
		{both, app, "Access-Control-Allow-Origin: " + app + "\nCross-Origin-Resource-Policy: cross-origin\nTiming-Allow-Origin: " + app + "\nVary: Origin"},
		{both, evil, "Cross-Origin-Resource-Policy: cross-origin\nVary: Origin"},
		{cors.Policy{AllowOrigins: []string{app}}, evil, "Cross-Origin-Resource-Policy: same-origin\nTiming-Allow-Origin: https://other.example\nVary: Origin\n" +
			"cross-origin-resource-policy: same-site\ntiming-allow-origin: *"},
	} {
		w := httptest.NewRecorder()
		mustNew(t, c.policy).WrapOverride(theirs).ServeHTTP(w, request("GET", "Origin", c.origin))
		if got := lines(w.Result().Header); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.origin, got, c.want)
		}
	}
}

// Trailers are replaced by the same rule as headers, announced or not.
func TestWrapOverrideTrailers(t *testing.T) {
	theirs := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "timing-allow-origin, Cross-Origin-Resource-Policy, X-Sum")
		io.WriteString(w, "x")
		for _, name := range []string{"Timing-Allow-Origin", "Cross-Origin-Resource-Policy", "X-Sum"} {
			w.Header().Set(name, "*")
			w.Header().Set(http.TrailerPrefix+name, "*")
		}
	})
	for want, p := range map[int]cors.Policy{
		1: {AllowOrigins: []string{app}, AllowTiming: true, ResourcePolicy: "cross-origin"},
		3: {AllowOrigins: []string{app}}, // which says nothing of them
	} {
		server := httptest.NewServer(mustNew(t, p).WrapOverride(theirs))
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		server.Close()
		if len(res.Trailer) != want || res.Trailer.Get("X-Sum") != "*" {
			t.Errorf("trailers %v, want %d", res.Trailer, want)
		}
	}
}

// Vary is one line, also if the policy adds nothing to it.
func TestWrapOverrideVaryOfConstant(t *testing.T) {
	m := mustNew(t, cors.Policy{AllowOrigins: []string{"*"}})
	for _, c := range []struct{ theirs, want []string }{
		{nil, nil},
		{[]string{"", " ,"}, nil},
		{[]string{"Accept-Encoding", "X-A, accept-encoding"}, []string{"Accept-Encoding, X-A"}},
	} {
		w := httptest.NewRecorder()
		m.WrapOverride(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Vary"] = c.theirs
		})).ServeHTTP(w, request("GET", "Origin", app))
		if got := w.Result().Header["Vary"]; !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.theirs, got, c.want)
		}
	}
}

// Vary is one line, the policy's names first, each once. A handler that has set
// nothing costs nothing.
func TestWrapOverrideVary(t *testing.T) {
	m := mustNew(t, full())
	for _, c := range []struct{ theirs, want []string }{
		{nil, []string{"Origin"}},
		{[]string{"origin"}, []string{"Origin"}},
		{[]string{"Accept-Encoding, ORIGIN", "", "accept-encoding,\tX-A , "}, []string{"Origin, Accept-Encoding, X-A"}},
		{[]string{"*"}, []string{"Origin, *"}},
	} {
		for _, replaces := range []bool{false, true} {
			w := httptest.NewRecorder()
			m.WrapOverride(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if replaces {
					w.Header()["Vary"] = c.theirs
				} else {
					w.Header()["Vary"] = append(w.Header()["Vary"], c.theirs...)
				}
				w.WriteHeader(103)
				w.WriteHeader(200)
			})).ServeHTTP(w, request("GET", "Origin", app))
			if got := w.Result().Header["Vary"]; !slices.Equal(got, c.want) {
				t.Errorf("%q: %q, want %q", c.theirs, got, c.want)
			}
		}
	}
}

func TestWrapOverrideHijack(t *testing.T) {
	m := mustNew(t, full())
	var header http.Header
	server := httptest.NewServer(m.WrapOverride(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		wrong(w.Header())
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		header = w.Header().Clone()
		fmt.Fprint(buf, "HTTP/1.1 200 OK\r\n")
		header.Write(buf)
		fmt.Fprint(buf, "\r\n")
		buf.Flush()
	})))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: h\r\nOrigin: %s\r\n\r\n", app)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	checkOverridden(t, "hijacked", res.Header)
}

// A step that fails before the header has been written, over HTTP/2 or to a
// recorder, does not end the policy's hold on it: the handler may go on to set
// headers.
func TestWrapOverrideFailures(t *testing.T) {
	steps := map[string]func(http.ResponseWriter){
		"hijack":     func(w http.ResponseWriter) { _, _, _ = w.(http.Hijacker).Hijack() },
		"flush":      func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"empty copy": func(w http.ResponseWriter) { _, _ = io.Copy(w, iotest.ErrReader(io.ErrUnexpectedEOF)) },
		"status": func(w http.ResponseWriter) {
			defer func() { _ = recover() }()
			w.WriteHeader(0)
		},
		"101": func(w http.ResponseWriter) { w.WriteHeader(http.StatusSwitchingProtocols) },
	}
	m := mustNew(t, full())
	mux := http.NewServeMux()
	for name, step := range steps {
		mux.HandleFunc("/"+strings.ReplaceAll(name, " ", "-"), func(w http.ResponseWriter, _ *http.Request) {
			wrong(w.Header())
			step(w)
			wrong(w.Header())
			w.WriteHeader(http.StatusOK)
		})
	}
	h := m.WrapOverride(mux)
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for name := range steps {
		path := "/" + strings.ReplaceAll(name, " ", "-")
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", app)
		if name != "flush" { // which fails only below
			res, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			checkOverridden(t, name+", HTTP/2", res.Header)
		}
		if name != "101" { // which a recorder takes for the last status
			w := httptest.NewRecorder()
			h.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
			checkOverridden(t, name+", recorder", w.Result().Header)
		}
	}
}

func TestWrapOverrideRefusals(t *testing.T) {
	m := mustNew(t, full())
	h := m.WrapOverride(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		wrong(w.Header())
		w.WriteHeader(200)
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request("GET", "Origin", evil))
	if got := lines(w.Result().Header); got != "Vary: Origin, Accept-Encoding" {
		t.Errorf("refused:\n%s", got)
	}
	if w := serve(h, preflight(evil, "PUT")); w.Code != 403 || len(w.Header()) != 0 {
		t.Errorf("refused preflight: %d, %v", w.Code, w.Header())
	}
}
