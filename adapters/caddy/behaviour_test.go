package corsaccaddy_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/corsac-dev/corsac/corstest"
)

// site is a Caddyfile in which others set CORS headers, too.
const site = `
(site) {
	corsac {
		policyfile corsac.yaml
	}
	header /set Access-Control-Allow-Origin *
	header /defer {
		Access-Control-Allow-Origin *
		defer
	}
	request_body /upload {
		max_size 4
	}
	redir /old /items
	basic_auth /private {
		user $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG
	}
	error /gone 410
	respond /set 200
	respond /defer 200
	reverse_proxy /down {{.Dead}}
	reverse_proxy {{.Upstream}}
}
http://{{.HTTP}} {
	import site
}
https://{{.HTTPS}} {
	tls {{.Certificate}} {{.Key}}
	import site
}
`

const policies = "policies: {app: {allow_origins: [" + app + "], allow_methods: [PUT], expose_headers: [X-Total-Count], allow_credentials: true}}\n"

// upstream is a server with CORS headers of its own, which are wrong.
func upstream() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/items", func(w http.ResponseWriter, r *http.Request) {
		wrong(w)
		w.Header().Set("X-Total-Count", "3")
		_, _ = io.WriteString(w, r.Method)
	})
	mux.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	mux.HandleFunc("/fail", func(w http.ResponseWriter, _ *http.Request) { wrong(w); w.WriteHeader(500) })
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		wrong(w)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: first\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, _ *http.Request) {
		wrong(w)
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
	})
	mux.HandleFunc("/socket", func(w http.ResponseWriter, _ *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		_, _ = buf.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAccess-Control-Allow-Origin: *\r\n\r\n")
		_ = buf.Flush()
		_, _ = io.CopyN(conn, buf, 5)
	})
	return mux
}

func wrong(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Credentials", "true")
	w.Header().Set("Access-Control-Allow-Methods", "TRACE")
	w.Header().Add("Vary", "Accept-Encoding")
	w.Header().Add("Vary", "origin")
}

// TestPages makes pages send requests through a real Caddy.
func TestPages(t *testing.T) {
	s := start(t, policies, site)
	live := corstest.Live("http://" + s.HTTP)
	status, credentials, upload := corstest.Status, corstest.WithCredentials(), corstest.Body("text/plain", "more than four")
	var cases []corstest.Case
	for _, c := range []struct {
		name, request string
		options       []corstest.Option
	}{
		{"the upstream's headers are replaced", "GET /items", []corstest.Option{credentials}},
		{"a preflight is answered before the upstream", "PUT /items", nil},
		{"an error of the upstream", "GET /fail", []corstest.Option{status(500)}},
		{"a path that the upstream does not know", "GET /nowhere", []corstest.Option{status(404)}},
		{"an error of the error directive", "GET /gone", []corstest.Option{status(410)}},
		{"the upstream is down", "GET /down", []corstest.Option{status(502)}},
		{"a preflight while it is down", "PUT /down", []corstest.Option{status(502)}},
		{"a body that is too large", "POST /upload", []corstest.Option{status(413), upload}},
		{"a redirect", "GET /old", nil},
		{"without a password", "GET /private", []corstest.Option{status(401)}},
		{"the header directive", "GET /set", nil},
		{"the header directive, deferred", "GET /defer", []corstest.Option{credentials}},
	} {
		cases = append(cases,
			corstest.Case{Name: c.name, Origin: app, Request: c.request, Want: corstest.Allows, Options: c.options},
			corstest.Case{Name: c.name + ", another origin", Origin: evil, Request: c.request, Want: corstest.Refuses})
	}
	corstest.Run(t, live, append(cases, corstest.Case{
		Name: "exposed", Origin: app, Request: "GET /items", Want: corstest.Allows, Exposes: "X-Total-Count", Options: []corstest.Option{credentials},
	}))
}

// TestHeaders looks at what no page sees.
func TestHeaders(t *testing.T) {
	s := start(t, policies, site)
	for _, base := range []string{"http://" + s.HTTP, "https://" + s.HTTPS} {
		client := &http.Client{Transport: transport()}
		for _, c := range []struct {
			name, request string
			headers       []string
			want          string
		}{
			{"Vary is merged", "GET /items", []string{"Origin", app}, "200 [Origin, Accept-Encoding] allow-credentials=[true] allow-origin=[" + app + "] expose-headers=[x-total-count]"},
			{"no Origin", "GET /items", nil, "200 [Origin, Accept-Encoding]"},
			{"a refused origin learns nothing", "GET /items", []string{"Origin", evil}, "200 [Origin, Accept-Encoding]"},
			{"nor from an error", "GET /down", []string{"Origin", evil}, "502 [Origin]"},
			{"an error", "GET /down", []string{"Origin", app}, "502 [Origin] allow-credentials=[true] allow-origin=[" + app + "] expose-headers=[x-total-count]"},
			{"a preflight", "OPTIONS /items", []string{"Origin", app, "Access-Control-Request-Method", "PUT"}, "204 [Origin] allow-credentials=[true] allow-methods=[PUT] allow-origin=[" + app + "]"},
			{"a refused preflight", "OPTIONS /items", []string{"Origin", app, "Access-Control-Request-Method", "DELETE"}, "403 []"},
			{"another OPTIONS", "OPTIONS /items", []string{"Origin", app}, "200 [Origin, Accept-Encoding] allow-credentials=[true] allow-origin=[" + app + "] expose-headers=[x-total-count]"},
			{"OPTIONS without Origin", "OPTIONS /items", nil, "200 [Origin, Accept-Encoding]"},
		} {
			t.Run(base[:5]+" "+c.name, func(t *testing.T) {
				if got := describe(send(t, client, base, c.request, c.headers...)); got != c.want {
					t.Errorf("%s\nwant %s", got, c.want)
				}
			})
		}
		client.CloseIdleConnections()
	}
}

func transport() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, DisableCompression: true}
}

func send(t *testing.T, client *http.Client, base, request string, headers ...string) *http.Response {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, base+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	if want := map[string]int{"https": 2, "http": 1}[r.URL.Scheme]; answer.ProtoMajor != want {
		t.Errorf("HTTP/%d, want %d", answer.ProtoMajor, want)
	}
	return answer
}

// describe returns what CORS and caches see of a response.
func describe(r *http.Response) string {
	text := []string{fmt.Sprint(r.StatusCode), fmt.Sprint(r.Header.Values("Vary"))}
	text = append(text, corsHeaders(r.Header)...)
	return strings.Join(text, " ")
}

func corsHeaders(h http.Header) (list []string) {
	for name, values := range h {
		if name, ok := strings.CutPrefix(name, "Access-Control-"); ok {
			list = append(list, strings.ToLower(name)+"="+fmt.Sprint(values))
		}
	}
	slices.Sort(list)
	return list
}

// TestStream reads the first event of a stream that does not end.
func TestStream(t *testing.T) {
	s := start(t, policies, site)
	for _, base := range []string{"http://" + s.HTTP, "https://" + s.HTTPS} {
		client := &http.Client{Transport: transport()}
		answer := send(t, client, base, "GET /events", "Origin", app)
		line, err := bufio.NewReader(answer.Body).ReadString('\n')
		if err != nil || line != "data: first\n" || answer.Header.Get("Access-Control-Allow-Origin") != app {
			t.Errorf("%q, %v, %s", line, err, describe(answer))
		}
		_ = answer.Body.Close()
		client.CloseIdleConnections()
	}
}

// TestEarlyHints checks that interim responses have no CORS headers of the upstream.
func TestEarlyHints(t *testing.T) {
	s := start(t, policies, site)
	client := &http.Client{Transport: transport()}
	defer client.CloseIdleConnections()
	interim := 0
	trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		interim++
		if got := corsHeaders(http.Header(h)); code != 103 || h.Get("Link") == "" || slices.Contains(got, "allow-origin=[*]") {
			t.Errorf("%d %v", code, h)
		}
		return nil
	}}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, "http://"+s.HTTP+"/early", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", evil)
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if interim != 1 || len(corsHeaders(answer.Header)) > 0 {
		t.Errorf("%d interim responses, %s", interim, describe(answer))
	}
}

// TestUpgrade speaks through a connection whose protocol has changed.
func TestUpgrade(t *testing.T) {
	s := start(t, policies, site)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	fmt.Fprintf(conn, "GET /socket HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", s.HTTP, evil)
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols || len(corsHeaders(answer.Header)) > 0 {
		t.Fatalf("%v, %v", answer, err)
	}
	fmt.Fprint(conn, "hello")
	echo := make([]byte, 5)
	if _, err := io.ReadFull(in, echo); err != nil || string(echo) != "hello" {
		t.Errorf("%q, %v", echo, err)
	}
}

// TestReload changes the policy file only. As with "caddy reload" without --force, a
// configuration that is the same as before would not be loaded.
func TestReload(t *testing.T) {
	s := start(t, policies, site)
	live := corstest.Live("http://" + s.HTTP)
	corstest.Refuses(t, live, evil, "GET /items")
	s.reload(t, "policies: {app: {allow_origins: ["+evil+"]}}\n")
	corstest.Allows(t, live, evil, "GET /items")
	corstest.Refuses(t, live, app, "GET /items")
	write(t, s.Policies, "policies: {app: {allow_origins: ["+evil+"/]}}\n")
	if _, err := s.adapt(t); err == nil || !strings.Contains(err.Error(), "corsac.yaml:1:34: policies.app.allow_origins[0]: ") || !strings.Contains(err.Error(), "Caddyfile:15: ") {
		t.Errorf("%v", err)
	}
	corstest.Allows(t, live, evil, "GET /items")
	if err := os.Remove(s.Policies); err != nil {
		t.Fatal(err)
	}
	if _, err := s.adapt(t); err == nil || !strings.Contains(err.Error(), "Caddyfile:15: open "+s.Policies) {
		t.Errorf("%v", err)
	}
}

// TestResume: what runs has the policies in it, as JSON that needs no file.
func TestResume(t *testing.T) {
	s := start(t, policies, site)
	config, err := s.adapt(t)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.Policies); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Load(config, true); err != nil {
		t.Fatal(err)
	}
	corstest.Allows(t, corstest.Live("http://"+s.HTTP), app, "GET /items")
}

// TestErrorRoutes has the policy around error routes, too, which may proxy.
func TestErrorRoutes(t *testing.T) {
	s := start(t, policies, `
(policy) {
	corsac {
		allow_origins `+app+`
	}
}
http://{{.HTTP}} {
	import policy
	error 503
	handle_errors {
		import policy
		rewrite /fail
		reverse_proxy {{.Upstream}}
	}
}
`)
	live := corstest.Live("http://" + s.HTTP)
	corstest.Allows(t, live, app, "GET /", corstest.Status(500))
	corstest.Refuses(t, live, evil, "GET /")
}

// TestLogAndMetrics: of refusals, the log has the first few, and the metrics have
// all.
func TestLogAndMetrics(t *testing.T) {
	s := start(t, "policies: {old: {allow_origins: ["+app+"]}, new: {allow_origins: [https://new.example]}}", `
http://{{.HTTP}} {
	metrics /metrics
	corsac /items {
		policyfile corsac.yaml old
		trial new
	}
	corsac /fail {
		name fail
		allow_origins `+app+`
	}
	reverse_proxy {{.Upstream}}
}
`)
	client := &http.Client{Transport: transport()}
	defer client.CloseIdleConnections()
	for range 25 {
		send(t, client, "http://"+s.HTTP, "OPTIONS /items", "Origin", evil+"/\x80\x9b", "Access-Control-Request-Method", "PUT")
	}
	send(t, client, "http://"+s.HTTP, "GET /fail", "Origin", evil)
	send(t, client, "http://"+s.HTTP, "GET /items", "Origin", app)
	text, err := io.ReadAll(send(t, client, "http://"+s.HTTP, "GET /metrics").Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{kind="preflight",policy="old",reason="origin-not-allowed",trial="false"} 25`,
		`{kind="actual",policy="fail",reason="origin-not-allowed",trial="false"} 1`,
		`{kind="actual",policy="old",reason="permitted",trial="false"} 1`,
		`{kind="actual",policy="old",reason="origin-not-allowed",trial="true"} 1`,
	} {
		if !strings.Contains(string(text), "caddy_corsac_requests_total"+want+"\n") {
			t.Errorf("no %s in\n%s", want, regexp.MustCompile("(?m)^.*corsac.*$").FindAllString(string(text), -1))
		}
	}
	if err := caddy.Stop(); err != nil { // what is on trial is reported before it ends
		t.Fatal(err)
	}
	log, err := os.ReadFile(s.Log)
	if err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]int{
		`"msg":"preflight refused","policy":"old","reason":"origin-malformed","origin":"https://evil.example/`:                                                                          10,
		`"msg":"response not readable by its page","policy":"fail","reason":"origin-not-allowed","origin":"https://evil.example","method":"GET","host":"` + s.HTTP + `","uri":"/fail"}`: 1,
		`"msg":"response would not be readable by its page","policy":"old","reason":"origin-not-allowed","origin":"https://app.example.com"`:                                            1,
		"\x9b": 0,
	} {
		if got := strings.Count(string(log), want); got != n {
			t.Errorf("%d times %s in the log, want %d:\n%s", got, want, n, log)
		}
	}
}
