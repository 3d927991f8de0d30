package conformance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// pipeServer is the recording's server on the other end of pipes: it reads and writes HTTP/1.1 byte
// by byte as the recording's did, and answers one case at a time.
type pipeServer struct {
	mu sync.Mutex
	p  *player
}

// dial is a dialer to it. TLS is left out: scheme says what the client believes.
func (s *pipeServer) dial(scheme string) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, addr string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		if host != "localhost" && host != "127.0.0.1" && host != "::1" {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		if scheme == "http" && port == "80" || scheme == "https" && port == "443" {
			port = ""
		}
		at, ok := listeners[scheme+":"+port]
		if !ok {
			return nil, errNoServer
		}
		client, server := net.Pipe()
		go s.serve(server, at)
		return client, nil
	}
}

func (s *pipeServer) serve(c net.Conn, at string) {
	defer c.Close()
	br := bufio.NewReader(c)
	for {
		w, err := readRequest(br)
		if err != nil {
			return
		}
		u, err := url.ParseRequestURI(w.URL)
		if err != nil {
			return
		}
		if resp := s.answer(u, at, w); resp.Abort {
			return
		} else if _, err := io.WriteString(c, rawResponse(resp, w.Method)); err != nil {
			return
		}
	}
}

// answer logs an immediate repeat of an aborted request once: net/http tries again, as browsers do,
// when a kept connection is closed on it.
func (s *pipeServer) answer(u *url.URL, at string, w *fetch.WireRequest) *Resp {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.p.seen)
	resp := s.p.answer(u, at, w)
	if resp.Abort && n > 0 && len(s.p.seen) == n+1 {
		if last, now := s.p.seen[n-1], s.p.seen[n]; last.Hop == now.Hop && last.Kind == now.Kind && last.Method == now.Method {
			s.p.seen = s.p.seen[:n]
		}
	}
	return resp
}

// readRequest reads a request of any bytes; its body must have a length.
func readRequest(br *bufio.Reader) (*fetch.WireRequest, error) {
	line, err := br.ReadString('\n')
	if err != nil {
		return nil, err
	}
	parts := strings.Split(strings.TrimRight(line, "\r\n"), " ")
	if len(parts) != 3 {
		return nil, errors.New("bad request line")
	}
	w := &fetch.WireRequest{Kind: fetch.KindActual, Method: parts[0], URL: parts[1]}
	length := int64(0)
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		switch strings.ToLower(name) {
		case "cookie":
			w.Credentials = true
			continue
		case "content-length":
			if length, err = strconv.ParseInt(value, 10, 64); err != nil {
				return nil, err
			}
			continue
		case "access-control-request-method":
			if w.Method == "OPTIONS" {
				w.Kind = fetch.KindPreflight
			}
		case "host", "user-agent", "accept-encoding", "connection":
			continue
		}
		w.Headers = append(w.Headers, fetch.Header{Name: name, Value: value})
	}
	_, err = io.CopyN(io.Discard, br, length)
	return w, err
}

func rawResponse(r *Resp, method string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d X\r\n", r.Status)
	body, length := latin1(r.Body), false
	for _, h := range r.Headers {
		length = length || strings.EqualFold(h[0], "content-length")
		b.WriteString(latin1(h[0]) + ": " + latin1(h[1]) + "\r\n")
	}
	none := r.Status == 204 || r.Status == 304 || r.Status < 200
	if !none && !length {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	if !none && method != "HEAD" {
		b.WriteString(body)
	}
	return b.String()
}

// notHTTP says why net/http cannot play a step as a browser does, "" if it can.
func notHTTP(c *Case, req *Request) string {
	for _, h := range req.Headers {
		for _, r := range h[1] {
			if r < 0x20 && r != '\t' || r == 0x7f {
				return "net/http sends no control bytes"
			}
		}
	}
	for i := range c.Steps {
		if c.Steps[i].DelayMS > 0 {
			return "the transport's clock is the real one"
		}
	}
	switch c.Family {
	case "oddresp", "neterr":
		return "answers that net/http and browsers take differently"
	}
	return ""
}

// TestOverSockets plays the recording to fetch.Transport: the same agreement through net/http.
func TestOverSockets(t *testing.T) {
	chromium, _, err := Load("testdata/chromium.jsonl.gz", "testdata/firefox.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	var all Tally
	shown := map[Aspect]int{}
	for _, r := range chromium {
		s := &pipeServer{p: &player{c: r.Case, hops: r.Case.Hops, own: map[string]bool{}}}
		base := &http.Transport{DialContext: s.dial("http"), DialTLSContext: s.dial("https")}
		tr, err := fetch.NewTransport(fetch.TransportConfig{Page: pageOf(r.Case), Base: base})
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{"http://localhost/", "http://127.0.0.1/", "http://[::1]/", "https://localhost/"} {
			u, err := url.Parse(host)
			if err != nil {
				t.Fatal(err)
			}
			if err := tr.SetCookies(u, &http.Cookie{Name: "oracle", Value: "1", Path: "/", Secure: true, SameSite: http.SameSiteNoneMode}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range r.Case.Steps {
			step := &r.Case.Steps[i]
			if step.Request.API == "font" || notHTTP(r.Case, &step.Request) != "" {
				continue
			}
			s.mu.Lock()
			s.p.seen = nil
			if step.Hops != nil {
				s.p.hops = step.Hops
			}
			s.mu.Unlock()
			o := tr.Fetch(t.Context(), requestOf(&step.Request), []byte("x"))
			s.mu.Lock()
			seen := s.p.seen
			s.mu.Unlock()
			c := Compare(r.Case.ID, i, &step.Request, &r.Steps[i], o, seen)
			for _, a := range []Aspect{AspectHeaders, AspectConsole, AspectWireHeaders, AspectRequest} {
				c.drop(a)
			}
			all.add(c)
			for _, d := range c.Diffs {
				if shown[d.Aspect]++; shown[d.Aspect] <= *show {
					t.Logf("%s step %d, %s:\n  browser: %.400q\n  fetch:   %.400q", d.ID, d.Step, d.Aspect, d.Want, d.Got)
				}
			}
		}
		base.CloseIdleConnections()
	}
	// What is left are answers with control bytes or a space before a colon, which net/http refuses
	// as a whole, and names of network errors.
	for a, least := range map[Aspect]float64{AspectResult: 99.7, AspectWire: 99.9, AspectError: 97} {
		n := all.Counts[a]
		t.Logf("%s: %d of %d", a, n.Agree, n.Of)
		if n.Percent() < least {
			t.Errorf("%s agrees in %d of %d, want at least %v %%", a, n.Agree, n.Of, least)
		}
	}
}
