package serve_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// within returns a configuration with more fields of the gateway, and of its route.
func within(text, fields, ofRoute string) string {
	text = strings.Replace(text, "gateway:\n", "gateway:\n"+fields, 1)
	return strings.Replace(text, "policy: app}", "policy: app, "+ofRoute+"}", 1)
}

// raw sends the bytes of requests, and returns all that comes back until the connection
// ends.
func (s *running) raw(address, text string) string {
	s.t.Helper()
	conn := s.dial(address)
	if _, err := io.WriteString(conn, text); err != nil {
		s.t.Error(err)
	}
	answer, _ := io.ReadAll(conn) // a connection that is reset has been answered, too
	return string(answer)
}

func (s *running) dial(address string) net.Conn {
	s.t.Helper()
	conn, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

func (s *running) address() string { return strings.TrimPrefix(s.url, "http://") }

// limits returns how often each limit has been reached.
func (s *running) limits() map[string]string {
	_, text := s.askAdmin("GET", "/metrics")
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, `corsac_limits_total{limit="`); ok {
			name, count, _ := strings.Cut(strings.TrimSpace(rest), `"} `)
			all[name] = count
		}
	}
	return all
}

const allows = "Access-Control-Allow-Origin: " + first

// TestLimits checks that each limit of requests is answered so that a page can read
// why, before the server behind gets the request, and counted.
func TestLimits(t *testing.T) {
	var reached atomic.Int64
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			reached.Add(100)
		}
		fmt.Fprint(w, n)
	}))
	defer upstream.Close()
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), withAdmin(within(fileFor(upstream.URL, first, "127.0.0.1:0"),
		"  limits: {header_bytes: 8KiB, header_timeout: 300ms, body_timeout: 300ms}\n", "max_body: 10B")), nil)
	const origin = "\r\nHost: x\r\nConnection: close\r\nOrigin: " + first + "\r\n"
	for _, c := range []struct {
		name, text, status, code string
		reaches                  int64
		limit                    string
	}{
		{"small", "POST /x HTTP/1.1" + origin + "Content-Length: 10\r\n\r\n0123456789", "200", "10", 1, ""},
		{"small in chunks", "POST /x HTTP/1.1" + origin + "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", "200", "10", 1, ""},
		{"header", "GET /x HTTP/1.1\r\nCookie: " + strings.Repeat("c", 9<<10) + origin + "\r\n", "431", "headers-too-large", 0, "header_bytes"},
		{"many headers", "GET /x HTTP/1.1" + origin + strings.Repeat("A: b\r\n", 300) + "\r\n", "431", "headers-too-large", 0, "header_bytes"},
		{"header that net/http refuses", "GET /x HTTP/1.1" + origin + "Cookie: " + strings.Repeat("c", 30<<10) + "\r\n\r\n", "431", "headers-too-large", 0, "header_bytes"},
		{"URL", "GET /" + strings.Repeat("u", 9<<10) + " HTTP/1.1" + origin + "\r\n", "414", "url-too-long", 0, "header_bytes"},
		{"preflight of a URL", "OPTIONS /" + strings.Repeat("u", 9<<10) + " HTTP/1.1" + origin + "Access-Control-Request-Method: GET\r\n\r\n", "204", "", 0, "header_bytes"},
		{"length", "POST /x HTTP/1.1" + origin + "Content-Length: 11\r\n\r\n", "413", "body-too-large", 0, "max_body"},
		{"length, waiting", "POST /x HTTP/1.1" + origin + "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n", "413", "body-too-large", 0, "max_body"},
		{"chunks", "POST /x HTTP/1.1" + origin + "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n567890\r\n0\r\n\r\n", "413", "body-too-large", 101, "max_body"},
		{"chunk without end", "POST /x HTTP/1.1" + origin + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n0123456789ab", "413", "body-too-large", 101, "max_body"},
		{"header that stops", "GET /x HTTP/1.1" + origin, "408", "header-timeout", 0, "header_timeout"},
		{"body that stops", "POST /x HTTP/1.1" + origin + "Content-Length: 10\r\n\r\n01234", "408", "body-timeout", 101, "body_timeout"},
		{"nothing", "", "", "", 0, ""},
		{"half a line", "GET /x HT", "", "408", 0, "header_timeout"},
	} {
		before, counted := reached.Load(), s.limits()
		answer := s.raw(s.address(), c.text)
		if !strings.HasPrefix(answer, "HTTP/1.1 "+c.status) && c.status != "" || !strings.Contains(answer, c.code) || strings.Contains(answer, allows) != (c.status != "") || strings.Contains(answer, "100 Continue") {
			t.Errorf("%s: %q", c.name, answer)
		}
		await(t, c.name+": the server has got what it should", func() bool {
			got := reached.Load() - before
			return got == c.reaches || c.reaches == 101 && (got == 0 || got == 101) // it may be cut off before it has begun
		})
		now := s.limits()
		for limit := range now {
			if (now[limit] != counted[limit]) != (limit == c.limit) {
				t.Errorf("%s: %s was %q and is %q", c.name, limit, counted[limit], now[limit])
			}
		}
		if c.limit != "" && now[c.limit] == "" {
			t.Errorf("%s: %s is not counted", c.name, c.limit)
		}
	}
	await(t, "the log has the limits", func() bool {
		return strings.Contains(s.log.String(), `msg="a client has reached a limit" limit=max_body client=127.0.0.1 method=POST`)
	})
}

// TestLimitsHTTP2 checks that limits of requests are answered with CORS headers over
// HTTP/2, too.
func TestLimitsHTTP2(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	text := within(secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), "  limits: {header_bytes: 8KiB}\n", "max_body: 10B")
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	client := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer client.CloseIdleConnections()
	for _, c := range []struct {
		name, path, cookie, body string
		status                   int
	}{
		{"small", "/x", "c", "0123456789", 200},
		{"header", "/x", strings.Repeat("c", 9<<10), "", 431},
		{"URL", "/" + strings.Repeat("u", 9<<10), "c", "", 414},
		{"body", "/x", "c", "0123456789a", 413},
	} {
		for _, sized := range []bool{false, true} {
			body := io.Reader(strings.NewReader(c.body))
			if !sized {
				body = io.MultiReader(body) // of which the client does not know the length
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https"+strings.TrimPrefix(s.url, "http")+c.path, body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Origin", first)
			r.Header.Set("Cookie", c.cookie)
			res, err := client.RoundTrip(r)
			if err != nil {
				t.Errorf("%s, sized %t: %v", c.name, sized, err)
				continue
			}
			res.Body.Close()
			if res.StatusCode != c.status || res.ProtoMajor != 2 || res.Header.Get("Access-Control-Allow-Origin") != first {
				t.Errorf("%s, sized %t: %+v", c.name, sized, res)
			}
		}
	}
}

// TestConnections checks that clients beyond the number that may be connected get an
// answer that a page can read, and that a new number needs no restart.
func TestConnections(t *testing.T) {
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	text := func(n int) string {
		return withAdmin(within(fileFor(echo(t), first, "127.0.0.1:0"), fmt.Sprintf("  limits: {connections: %d}\n", n), ""))
	}
	s := run(t, file, strings.Replace(text(2), "app, }", "app}", 1), nil)
	const head = " /x HTTP/1.1\r\nHost: x\r\nOrigin: " + first + "\r\n"
	var held []net.Conn
	hold := func() {
		conn := s.dial(s.address())
		_, _ = io.WriteString(conn, "GET"+head+"\r\n")
		if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode != 200 {
			t.Fatalf("%v, %+v", err, res)
		}
		held = append(held, conn)
	}
	hold()
	hold()
	answer := s.raw(s.address(), "POST"+head+"Content-Length: 10\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 503 ") || !strings.Contains(answer, allows) || !strings.Contains(answer, "Connection: close") || !strings.Contains(answer, "Retry-After: 1") {
		t.Errorf("one too many: %q", answer)
	}
	if answer := s.raw(s.address(), "OPTIONS"+head+"Access-Control-Request-Method: GET\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.1 204 ") || !strings.Contains(answer, "Connection: close") {
		t.Errorf("a preflight too many: %q", answer)
	}
	if n := s.limits()["connections"]; n != "2" {
		t.Errorf("%s are counted", n)
	}
	crowd := make([]net.Conn, 0, 70)
	for range 70 { // that say nothing
		crowd = append(crowd, s.dial(s.address()))
	}
	await(t, "those beyond the crowd are closed", func() bool {
		conn := crowd[len(crowd)-1]
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		_, err := conn.Read(make([]byte, 1))
		return err == io.EOF || strings.Contains(fmt.Sprint(err), "reset")
	})
	for _, conn := range crowd {
		conn.Close()
	}
	held[0].Close()
	await(t, "there is room again", func() bool {
		return strings.HasPrefix(s.raw(s.address(), "GET"+head+"Connection: close\r\n\r\n"), "HTTP/1.1 200 ")
	})
	hold()
	write(t, file, strings.Replace(text(3), "app, }", "app}", 1))
	await(t, "there is more room", func() bool {
		return strings.HasPrefix(s.raw(s.address(), "GET"+head+"Connection: close\r\n\r\n"), "HTTP/1.1 200 ")
	})
}

// TestConnectionsHTTP2 checks that a client too many gets its answer over HTTP/2, too,
// and one connection after the other.
func TestConnectionsHTTP2(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	text := within(secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), "  limits: {connections: 1}\n", "timeout: 5s")
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	held := s.dial(s.address())
	await(t, "the first is counted, and the next is one too many", func() bool {
		got, err := s.tryAsk("a.example", "GET", "/x", true, "Origin: "+first)
		return err == nil && got.protocol == "HTTP/2.0" && got.response.StatusCode == 503 && got.response.Header.Get("Access-Control-Allow-Origin") == first
	})
	held.Close()
	await(t, "there is room", func() bool {
		got, err := s.tryAsk("a.example", "GET", "/x", true, "Origin: "+first)
		return err == nil && got.response.StatusCode == 200
	})
}

// TestConnectionsHTTP3 checks that clients over QUIC count among those over TCP: one too many
// gets an answer that its page can read, and is disconnected, and so is a client over TCP
// where one over QUIC has the last place.
func TestConnectionsHTTP3(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	text := within(secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"), "  http3: true\n  limits: {connections: 1}\n", "timeout: 5s")
	s := run(t, filepath.Join(dir, "corsac.yaml"), withAdmin(strings.Replace(text, "  plain_listen: localhost:0\n", "", 1)), nil)
	held := s.dial(s.address())
	await(t, "the first is counted", func() bool {
		got, err := s.tryAsk("a.example", "GET", "/x", true)
		return err == nil && got.response.StatusCode == 503
	})
	counted := s.limits()["connections"]
	c := quicClient(t)
	if res := s.over(c, "GET", "/x", nil, "Origin: "+first); res.StatusCode != 503 || res.Header.Get("Access-Control-Allow-Origin") != first || res.Header.Get("Retry-After") != "1" {
		t.Errorf("%s %v", res.Status, res.Header)
	}
	if s.limits()["connections"] == counted || !strings.Contains(s.log.String(), "limit=connections client=127.0.0.1") {
		t.Errorf("neither counted nor logged: %s", s.log)
	}
	held.Close()
	await(t, "the connection that was one too many is closed, and the next has room", func() bool {
		res, err := s.tryOver(t.Context(), c, "GET", "/x", nil)
		return err == nil && res.StatusCode == 200
	})
	if got, err := s.tryAsk("a.example", "GET", "/x", true, "Origin: "+first); err != nil || got.response.StatusCode != 503 {
		t.Errorf("beside one over QUIC: %v, %+v", err, got)
	}
	c.Close()
	await(t, "there is room", func() bool {
		got, err := s.tryAsk("a.example", "GET", "/x", true)
		return err == nil && got.response.StatusCode == 200
	})
}

// TestSlowReaders checks that a client that takes nothing of a response is
// disconnected, over each protocol, also if it takes what comes for others.
func TestSlowReaders(t *testing.T) {
	var open atomic.Int64
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		for chunk := make([]byte, 32<<10); r.Context().Err() == nil; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer upstream.Close()
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example")
	text := withAdmin(within(fileFor(upstream.URL, first, "127.0.0.1:0"), "  limits: {response_timeout: 200ms}\n", "max_body: 1B"))
	for name, tlsOf := range map[string]string{"http": "", "https": "http/1.1", "h2": "h2"} {
		t.Run(name, func(t *testing.T) {
			text := text
			if tlsOf != "" {
				text = strings.Replace(text, "gateway:\n", "gateway:\n  tls: {certificates: [{cert: a.example.pem, key: a.example.key}]}\n", 1)
			}
			s := run(t, filepath.Join(dir, name+".yaml"), text, nil)
			if tlsOf == "h2" {
				client := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
				defer client.CloseIdleConnections()
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https"+strings.TrimPrefix(s.url, "http")+"/x", nil)
				res, err := client.RoundTrip(r) // which reads frames, and opens no window until somebody reads the body
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
			} else {
				conn := s.dial(s.address())
				if tlsOf != "" {
					conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{tlsOf}})
				}
				_, _ = io.WriteString(conn, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
			}
			await(t, "the limit is counted", func() bool { return s.limits()["response_timeout"] == "1" })
			await(t, "the server is left alone", func() bool { return open.Load() == 0 })
		})
	}
}

// TestLimitsNeedRestart checks that a new value of header_bytes changes nothing before a
// restart, which the log asks for.
func TestLimitsNeedRestart(t *testing.T) {
	name := filepath.Join(t.TempDir(), "corsac.yaml")
	text := fileFor(echo(t), first, "127.0.0.1:0")
	s := run(t, name, text, nil)
	write(t, name, within(text, "  limits: {header_bytes: 8KiB}\n", "timeout: 5s"))
	if err := s.Reload(t.Context(), true); err != nil || !strings.Contains(s.log.String(), "gateway.limits.header_bytes") {
		t.Fatalf("%v\n%s", err, s.log)
	}
	if got := s.raw(s.address(), "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: "+strings.Repeat("c", 9<<10)+"\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("%.200q", got)
	}
}
