//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/bench/internal/rig"
)

// protocol is how a client reaches a gateway.
type protocol int

const (
	http1 protocol = iota
	overTLS
	http2
)

// streams is how many requests an HTTP/2 connection carries at a time.
const streams = 8

// page is the origin of the page that sends the requests to the host.
const (
	page = "https://app.example.com"
	host = "api.example.com"
)

// fields are what a browser sends with the request of a scenario, in its order.
func (s scenario) fields() [][2]string {
	fields := [][2]string{
		{"Accept", "*/*"},
		{"Accept-Encoding", "gzip, deflate, br"},
		{"Accept-Language", "en"},
		{"Origin", page},
		{"Referer", page + "/"},
		{"Sec-Fetch-Dest", "empty"},
		{"Sec-Fetch-Mode", "cors"},
		{"Sec-Fetch-Site", "cross-site"},
		{"User-Agent", "Mozilla/5.0"},
	}
	if s.method == http.MethodOptions {
		return append(fields, [2]string{"Access-Control-Request-Method", "PUT"}, [2]string{"Access-Control-Request-Headers", "authorization,content-type"})
	}
	return append(fields, [2]string{"Cookie", "session=0123456789abcdef"})
}

// dial returns how to open connections for the scenario's request.
func (s scenario) dial(ctx context.Context, address string) (rig.Dial, error) {
	if s.protocol == http2 {
		r, err := http.NewRequestWithContext(ctx, s.method, "https://"+address+s.path, nil)
		if err != nil {
			return nil, err
		}
		for _, field := range s.fields() {
			r.Header.Set(field[0], field[1])
		}
		r.Host = host
		return rig.HTTP2(r, streams), nil
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: "+host+"\r\n", s.method, s.path)
	for _, field := range s.fields() {
		text.WriteString(field[0] + ": " + field[1] + "\r\n")
	}
	text.WriteString("\r\n")
	if s.protocol == overTLS {
		return rig.TLS(ctx, address, []byte(text.String())), nil
	}
	return rig.Plain(ctx, address, []byte(text.String())), nil
}

// expectation is a request, and the CORS headers of the right answer.
type expectation struct {
	name, method, origin, asks string
	allowed                    bool
}

var expectations = []expectation{
	{"an allowed origin", "GET", page, "", true},
	{"an allowed subdomain", "GET", "https://a.b.example.org", "", true},
	{"another origin", "GET", "https://app.example.com.evil.example", "", false},
	{"no origin", "GET", "", "", false},
	{"a preflight", "OPTIONS", page, "PUT", true},
	{"the preflight of another origin", "OPTIONS", "https://evil.example", "PUT", false},
}

// check checks that a gateway does what it is measured for.
func (r *running) check(ctx context.Context) error {
	var all []error
	for _, base := range []string{"http://" + r.plain.Address, "https://" + r.secure.Address} {
		for _, e := range expectations {
			if err := e.check(ctx, base); err != nil {
				all = append(all, fmt.Errorf("%s: %s: %w", base, e.name, err))
			}
		}
	}
	return errors.Join(all...)
}

func (e expectation) check(ctx context.Context, base string) error {
	r, err := http.NewRequestWithContext(ctx, e.method, base+"/1024", nil)
	if err != nil {
		return err
	}
	r.Host = host
	if e.origin != "" {
		r.Header.Set("Origin", e.origin)
	}
	if e.asks != "" {
		r.Header.Set("Access-Control-Request-Method", e.asks)
		r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // on loopback, and our own
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	h := res.Header
	want := []string(nil)
	if e.allowed {
		want = []string{e.origin}
	}
	preflight := e.asks != ""
	switch {
	case res.StatusCode >= 300 && !(preflight && !e.allowed):
		return errors.New(res.Status)
	case !preflight && (len(body) != 1024 || h.Get("X-Request-Id") == ""):
		return fmt.Errorf("%d bytes, X-Request-Id is %q", len(body), h.Get("X-Request-Id"))
	case !slices.Equal(h["Access-Control-Allow-Origin"], want):
		return fmt.Errorf("the Access-Control-Allow-Origin is %q, want %q", h["Access-Control-Allow-Origin"], want)
	case e.allowed && h.Get("Access-Control-Allow-Credentials") != "true":
		return errors.New("credentials are not allowed")
	case !preflight && !strings.Contains(strings.ToLower(strings.Join(h["Vary"], ",")), "origin"): // no cache keeps a preflight
		return fmt.Errorf("the Vary is %q", h["Vary"])
	case e.allowed && preflight && !strings.Contains(h.Get("Access-Control-Allow-Methods"), "PUT"):
		return fmt.Errorf("the Access-Control-Allow-Methods is %q", h["Access-Control-Allow-Methods"])
	case e.allowed && preflight && !strings.Contains(strings.ToLower(h.Get("Access-Control-Allow-Headers")), "authorization"):
		return fmt.Errorf("the Access-Control-Allow-Headers is %q", h["Access-Control-Allow-Headers"])
	case e.allowed && !preflight && !strings.EqualFold(h.Get("Access-Control-Expose-Headers"), "X-Request-Id"):
		return fmt.Errorf("the Access-Control-Expose-Headers is %q", h["Access-Control-Expose-Headers"])
	}
	return nil
}
