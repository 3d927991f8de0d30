package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/fetch"
)

const app = "https://app.example.com"

// api is a small server that grants CORS to app and logs its requests.
type api struct {
	mu  sync.Mutex
	log []string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	a.log = append(a.log, r.Method+" "+r.URL.Path+" origin="+r.Header.Get("Origin")+" cookie="+r.Header.Get("Cookie")+" body="+string(body))
	a.mu.Unlock()
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", app)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "X-Seen")
	if r.Method == "OPTIONS" && r.Header.Get("Access-Control-Request-Method") != "" {
		h.Set("Access-Control-Allow-Methods", "PUT")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "60")
		return
	}
	h.Set("X-Seen", r.Header.Get("Sec-Fetch-Site"))
	h.Set("X-Hidden", "1")
	switch r.URL.Path {
	case "/login":
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "1", SameSite: http.SameSiteNoneMode, Secure: true})
		http.SetCookie(w, &http.Cookie{Name: "lax", Value: "1"})
	case "/redirect":
		http.Redirect(w, r, "/items", http.StatusTemporaryRedirect)
	case "/slow":
		<-r.Context().Done()
	case "/closed":
		h.Del("Access-Control-Allow-Origin")
	}
	_, _ = io.WriteString(w, "body of "+r.Method)
}

func (a *api) seen() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.log)
}

func client(t *testing.T, cfg fetch.TransportConfig) *http.Client {
	t.Helper()
	c, err := fetch.NewClient(app, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestClientSimple(t *testing.T) {
	a := &api{}
	srv := httptest.NewServer(a)
	defer srv.Close()
	resp, err := client(t, fetch.TransportConfig{}).Get(srv.URL + "/items")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "body of GET" {
		t.Errorf("body %q, %v", body, err)
	}
	if resp.Header.Get("X-Seen") != "cross-site" || resp.Header.Get("X-Hidden") != "" || resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("readable headers %v", resp.Header)
	}
	if got := a.seen(); len(got) != 1 || !strings.Contains(got[0], "origin="+app) {
		t.Errorf("server saw %q", got)
	}
}

func TestClientPreflightsOnce(t *testing.T) {
	a := &api{}
	srv := httptest.NewServer(a)
	defer srv.Close()
	c := client(t, fetch.TransportConfig{})
	for range 2 {
		req, _ := http.NewRequest("PUT", srv.URL+"/items", strings.NewReader("{}"))
		req.Header.Set("Content-Type", "application/json")
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	got := a.seen()
	if len(got) != 3 || !strings.HasPrefix(got[0], "OPTIONS") || !strings.HasPrefix(got[1], "PUT") || !strings.HasPrefix(got[2], "PUT") || !strings.HasSuffix(got[2], "body={}") {
		t.Errorf("server saw %q", got)
	}
}

func TestClientRefusals(t *testing.T) {
	a := &api{}
	srv := httptest.NewServer(a)
	defer srv.Close()
	c := client(t, fetch.TransportConfig{})
	do := func(method, path string, header ...string) error {
		req, _ := http.NewRequest(method, srv.URL+path, nil)
		for _, h := range header {
			req.Header.Set(h, "1")
		}
		resp, err := c.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	tests := []struct {
		method, path, header string
		code                 fetch.Code
		parameter            string
	}{
		{"GET", "/closed", "Accept", fetch.CodeMissingAllowOriginHeader, ""},
		{"DELETE", "/items", "Accept", fetch.CodeMethodDisallowedByPreflightResponse, "DELETE"},
		{"GET", "/items", "X-A", fetch.CodeHeaderDisallowedByPreflightResponse, "x-a"},
	}
	for _, tt := range tests {
		var e *fetch.Error
		if err := do(tt.method, tt.path, tt.header); !errors.As(err, &e) || e.Code != tt.code || e.Parameter != tt.parameter || e.Err != nil {
			t.Errorf("%s %s: %v, want %s %q", tt.method, tt.path, err, tt.code, tt.parameter)
		}
	}
}

func TestClientCookies(t *testing.T) {
	a := &api{}
	srv := httptest.NewTLSServer(a)
	defer srv.Close()
	run := func(p fetch.Profile, cfg fetch.PageConfig, options fetch.Options) string {
		cfg.Origin = app
		tr, err := fetch.NewTransport(fetch.TransportConfig{Page: cfg, Profile: p, Base: srv.Client().Transport, Options: options})
		if err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Transport: tr}
		for _, path := range []string{"/login", "/items"} {
			resp, err := c.Get(srv.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
		seen := a.seen()
		_, after, _ := strings.Cut(seen[len(seen)-1], "cookie=")
		cookie, _, _ := strings.Cut(after, " body=")
		return cookie
	}
	include := fetch.Options{Credentials: fetch.CredentialsInclude}
	if got := run(fetch.Chromium, fetch.PageConfig{}, include); got != "sid=1" {
		t.Errorf("Chromium, include: Cookie %q, want only SameSite=None", got)
	}
	if got := run(fetch.Chromium, fetch.PageConfig{}, fetch.Options{}); got != "" {
		t.Errorf("Chromium, same-origin: Cookie %q", got)
	}
	if got := run(fetch.Chromium, fetch.PageConfig{BlockThirdPartyCookies: true}, include); got != "" {
		t.Errorf("third-party cookies blocked: Cookie %q", got)
	}
	if got := run(fetch.Safari, fetch.PageConfig{}, include); got != "" {
		t.Errorf("Safari: Cookie %q", got)
	}
	if got := run(fetch.Firefox, fetch.PageConfig{}, include); got != "sid=1; lax=1" {
		t.Errorf("Firefox, partitioned: Cookie %q", got)
	}
}

func TestClientPresetCookies(t *testing.T) {
	a := &api{}
	srv := httptest.NewTLSServer(a)
	defer srv.Close()
	tr, err := fetch.NewTransport(fetch.TransportConfig{
		Page: fetch.PageConfig{Origin: app}, Base: srv.Client().Transport, Options: fetch.Options{Credentials: fetch.CredentialsInclude},
	})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(srv.URL)
	if err := tr.SetCookies(u, &http.Cookie{Name: "none", Value: "1", SameSite: http.SameSiteNoneMode, Secure: true}, &http.Cookie{Name: "strict", Value: "1", SameSite: http.SameSiteStrictMode}); err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: tr}).Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := a.seen()[0]; !strings.Contains(got, "cookie=none=1 ") {
		t.Errorf("server saw %q", got)
	}
}

func TestClientRedirect(t *testing.T) {
	a := &api{}
	srv := httptest.NewServer(a)
	defer srv.Close()
	c := client(t, fetch.TransportConfig{})
	// A body without GetBody is kept, to be sent again.
	req, _ := http.NewRequest("POST", srv.URL+"/redirect", io.MultiReader(strings.NewReader("hello")))
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Request.URL.Path != "/items" {
		t.Errorf("final URL %s", resp.Request.URL)
	}
	if got := a.seen(); len(got) != 2 || !strings.HasSuffix(got[1], "body=hello") {
		t.Errorf("server saw %q", got)
	}
	ctx := fetch.WithOptions(t.Context(), fetch.Options{Redirect: "manual"})
	req, _ = http.NewRequestWithContext(ctx, "GET", srv.URL+"/redirect", nil)
	resp, err = c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 0 || len(resp.Header) != 0 {
		t.Errorf("manual redirect: status %d, headers %v", resp.StatusCode, resp.Header)
	}
}

func TestClientHTTP2(t *testing.T) {
	a := &api{}
	srv := httptest.NewUnstartedServer(a)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	c := client(t, fetch.TransportConfig{Base: srv.Client().Transport})
	resp, err := c.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Errorf("protocol %s", resp.Proto)
	}
	ctx := fetch.WithOptions(t.Context(), fetch.Options{StreamBody: true})
	req, _ := http.NewRequestWithContext(ctx, "PUT", srv.URL, io.MultiReader(strings.NewReader("stream")))
	if resp, err = c.Do(req); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := a.seen(); !strings.HasSuffix(got[len(got)-1], "body=stream") {
		t.Errorf("server saw %q", got)
	}
}

func TestClientStreamNeedsHTTP2(t *testing.T) {
	srv := httptest.NewServer(&api{})
	defer srv.Close()
	ctx := fetch.WithOptions(t.Context(), fetch.Options{StreamBody: true})
	req, _ := http.NewRequestWithContext(ctx, "PUT", srv.URL, io.MultiReader(strings.NewReader("stream")))
	_, err := client(t, fetch.TransportConfig{}).Do(req)
	var e *fetch.Error
	if !errors.As(err, &e) || e.Code != fetch.CodeALPN {
		t.Errorf("error %v", err)
	}
}

func TestClientContext(t *testing.T) {
	srv := httptest.NewServer(&api{})
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+"/slow", nil)
	_, err := client(t, fetch.TransportConfig{}).Do(req)
	var e *fetch.Error
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || e.Err == nil {
		t.Errorf("error %v", err)
	}
}

func TestClientBounds(t *testing.T) {
	srv := httptest.NewServer(&api{})
	defer srv.Close()
	c := client(t, fetch.TransportConfig{MaxResponseBody: 4, MaxRequestBody: 8})
	resp, err := c.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); !errors.Is(err, fetch.ErrBodyTooLarge) || len(body) != 4 {
		t.Errorf("read %q, %v", body, err)
	}
	req, _ := http.NewRequest("POST", srv.URL, io.MultiReader(bytes.NewReader(make([]byte, 9))))
	if _, err := c.Do(req); !errors.Is(err, fetch.ErrBodyTooLarge) {
		t.Errorf("request body: %v", err)
	}
}

func TestClientNetworkErrors(t *testing.T) {
	srv := httptest.NewTLSServer(&api{})
	defer srv.Close()
	gone := httptest.NewServer(&api{})
	gone.Close()
	for u, want := range map[string]fetch.Code{srv.URL: fetch.CodeCertAuthority, gone.URL: fetch.CodeConnectionRefused} {
		_, err := client(t, fetch.TransportConfig{}).Get(u)
		var e *fetch.Error
		if !errors.As(err, &e) || e.Code != want || e.Err == nil {
			t.Errorf("%s: %v, want %s", u, err, want)
		}
	}
}

func TestClientConcurrent(t *testing.T) {
	srv := httptest.NewServer(&api{})
	defer srv.Close()
	var mu sync.Mutex
	outcomes := 0
	c := client(t, fetch.TransportConfig{Trace: true, Options: fetch.Options{Credentials: fetch.CredentialsInclude}, Observe: func(o *fetch.Outcome) {
		mu.Lock()
		defer mu.Unlock()
		outcomes++
	}})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			req, _ := http.NewRequest("PUT", srv.URL+"/login", strings.NewReader("x"))
			resp, err := c.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		})
	}
	wg.Wait()
	if outcomes != 16 {
		t.Errorf("%d outcomes", outcomes)
	}
}

func TestDecide(t *testing.T) {
	page, err := fetch.NewPage(fetch.PageConfig{Origin: app})
	if err != nil {
		t.Fatal(err)
	}
	actual := fetch.Recorded{
		WireRequest: fetch.WireRequest{Method: "PUT", URL: "https://api.example.net/x#f", Headers: fetch.Headers{
			{Name: "Origin", Value: app},
			{Name: "Accept", Value: "*/*"},
			{Name: "Sec-Fetch-Mode", Value: "cors"},
			{Name: "Content-Type", Value: "application/json"},
			{Name: "Cookie", Value: "a=b"},
			{Name: "X-A", Value: "1"},
		}},
		Status:          200,
		ResponseHeaders: fetch.Headers{{Name: "Access-Control-Allow-Origin", Value: app}},
	}
	cfg, req, ok := fetch.InferRequest(&actual)
	if !ok || cfg.Origin != app || req.Credentials != fetch.CredentialsInclude || len(req.Headers) != 2 {
		t.Fatalf("observed %+v %+v", cfg, req)
	}
	b := fetch.New(fetch.Config{})
	if o := b.Replay(page, req, &fetch.Recording{Exchanges: []fetch.Recorded{actual}}); o.Result != fetch.Failed || !errors.Is(o.Error, fetch.ErrNotRecorded) {
		t.Errorf("without the preflight: %s, %v", o.Result, o.Error)
	}
	o := b.Replay(page, req, &fetch.Recording{Exchanges: []fetch.Recorded{actual}, AssumePreflights: true})
	if o.Error == nil || o.Error.Code != fetch.CodeInvalidAllowCredentials || !o.Wire[0].Assumed || o.Wire[1].Assumed {
		t.Errorf("with an assumed preflight: %s, %v", o.Result, o.Error)
	}
}

func TestTransportFetch(t *testing.T) {
	a := &api{}
	srv := httptest.NewServer(a)
	defer srv.Close()
	tr, err := fetch.NewTransport(fetch.TransportConfig{Page: fetch.PageConfig{Origin: app}})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	o := tr.Fetch(t.Context(), &fetch.Request{
		URL:     srv.URL + "/items",
		Method:  "POST",
		Body:    &fetch.Body{Kind: fetch.BodyText},
		Options: fetch.Options{Destination: fetch.DestinationXHR, UploadListener: true},
	}, []byte("hi"))
	if o.Result != fetch.Allowed || !o.Preflight.Sent || o.Preflight.Reasons[0].String() != "upload listener" {
		t.Errorf("%s, %v, preflight %+v", o.Result, o.Error, o.Preflight)
	}
	if got := a.seen(); !strings.HasSuffix(got[len(got)-1], "body=hi") {
		t.Errorf("server saw %q", got)
	}
}

// TestTransportTargets checks that URLs which net/url would write in another
// way, or refuse, are sent as browsers send them.
func TestTransportTargets(t *testing.T) {
	var seen []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.RequestURI)
		w.Header().Set("Access-Control-Allow-Origin", app)
		if target, ok := strings.CutPrefix(r.RequestURI, "/to"); ok {
			w.Header().Set("Location", target)
			w.WriteHeader(http.StatusFound)
		}
	}))
	defer srv.Close()
	tr, err := fetch.NewTransport(fetch.TransportConfig{Page: fetch.PageConfig{Origin: app}})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	o := tr.Fetch(t.Context(), &fetch.Request{URL: srv.URL + "/to/a|b?c|d"}, nil)
	if o.Result != fetch.Allowed || !slices.Equal(seen, []string{"/to/a|b?c|d", "/a|b?c|d"}) {
		t.Errorf("%s, %v; the server saw %q", o.Result, o.Error, seen)
	}
	o = tr.Fetch(t.Context(), &fetch.Request{URL: srv.URL + "/100%"}, nil)
	if len(o.Wire) != 1 || o.Wire[0].Status != http.StatusBadRequest { // as servers in Go answer it
		t.Errorf("%s, %v, %+v", o.Result, o.Error, o.Wire)
	}
	response, err := (&http.Client{Transport: tr}).Get(srv.URL + "/to/100%25|b")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Request.URL.RequestURI(); got != "/100%25%7Cb" {
		t.Errorf("the response is of %q", got)
	}
}

func TestTransportWebSocket(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != app || r.Header.Get("Sec-WebSocket-Key") == "" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.WriteHeader(http.StatusSwitchingProtocols)
	}))
	defer srv.Close()
	for origin, want := range map[string]fetch.Result{app: fetch.Allowed, "https://evil.example.net": fetch.Blocked} {
		tr, err := fetch.NewTransport(fetch.TransportConfig{Page: fetch.PageConfig{Origin: origin}})
		if err != nil {
			t.Fatal(err)
		}
		o := tr.Fetch(t.Context(), &fetch.Request{URL: "ws" + strings.TrimPrefix(srv.URL, "http"), Options: fetch.Options{Destination: fetch.DestinationWebSocket}}, nil)
		if o.Result != want {
			t.Errorf("%s: %s, %v", origin, o.Result, o.Error)
		}
		tr.CloseIdleConnections()
	}
}

// TestClientDropsEndlessBodies checks that a response that script may not see
// does not delay the call, however long its body is.
func TestClientDropsEndlessBodies(t *testing.T) {
	done := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-done:
		}
	}))
	defer srv.Close()
	defer close(done)
	c := client(t, fetch.TransportConfig{})
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		req, _ := http.NewRequestWithContext(fetch.WithOptions(ctx, fetch.Options{Mode: mode}), "GET", srv.URL, nil)
		resp, err := c.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		if ctx.Err() != nil {
			t.Errorf("mode %s waits for the body", mode)
		}
		cancel()
	}
}
