package conformance

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// dial returns a dialer to the host over pipes. There is no TLS: scheme says
// what the client believes.
func dial(s *Host, scheme string) func(context.Context, string, string) (net.Conn, error) {
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
		go s.ServeConn(server, at)
		return client, nil
	}
}

// notHTTP says why net/http cannot play a step as a browser does; "" if it can.
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

// TestOverSockets plays the recording to fetch.Transport, and checks the
// agreement through net/http.
func TestOverSockets(t *testing.T) {
	chromium, _, err := Load("testdata/chromium.jsonl.gz", "testdata/firefox.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	var all Tally
	shown := map[Aspect]int{}
	for _, r := range chromium {
		s := NewHost(nil)
		base := &http.Transport{DialContext: dial(s, "http"), DialTLSContext: dial(s, "https")}
		s.Add(r.Case)
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
			s.Begin(r.Case.ID, i)
			o := tr.Fetch(t.Context(), requestOf(&step.Request), []byte("x"))
			c := Compare(r.Case.ID, i, &step.Request, &r.Steps[i], o, s.Seen(r.Case.ID)[i])
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
	// The remaining differences are responses with control bytes or a space
	// before a colon, which net/http refuses as a whole, and names of network
	// errors.
	for a, least := range map[Aspect]float64{AspectResult: 99.7, AspectWire: 99.9, AspectError: 97} {
		n := all.Counts[a]
		t.Logf("%s: %d of %d", a, n.Agree, n.Of)
		if n.Percent() < least {
			t.Errorf("%s agrees in %d of %d, want at least %v %%", a, n.Agree, n.Of, least)
		}
	}
}
