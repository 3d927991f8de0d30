package devproxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

const (
	// askPatience is how long a server may take to answer [Proxy.Ask].
	askPatience = 10 * time.Second
	// maxAnswer bounds the header of its answer, in bytes.
	maxAnswer = 64 << 10
)

// ErrOtherServer is the error of [Proxy.Ask] if a URL does not lead to the server.
var ErrOtherServer = errors.New("the routes no longer lead to that server")

// Ask sends a request without a body and without cookies to the server that gets url,
// which is one of the proxy, and returns the head of the response. The server must be
// that of a route now, and at the origin server; it gets its own Host, and nobody else
// is ever asked. Redirects are not followed.
func (p *Proxy) Ask(ctx context.Context, url, server string, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	to, target, err := p.current.Load().serverOf(url, server)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, w.Method, target, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "corsac")
	for _, h := range w.Headers {
		if !slices.Contains(notAsked, strings.ToLower(h.Name)) {
			r.Header.Set(h.Name, h.Value)
		}
	}
	transport := &http.Transport{
		DialContext: to.dialer.Dial, TLSClientConfig: tlsOf(to.match.Route), DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxAnswer,
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		reason := localnet.Explain(ctx, to.address, err)
		return nil, fmt.Errorf("%s; %s", reason.Why, reason.Fix)
	}
	_ = res.Body.Close() // only the head was wanted
	answer := &fetch.WireResponse{Status: res.StatusCode}
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		for _, value := range res.Header[name] {
			answer.Headers = append(answer.Headers, fetch.Header{Name: name, Value: value})
		}
	}
	return answer, nil
}

// notAsked are headers that a request of [Proxy.Ask] does not have.
var notAsked = []string{"cookie", "authorization", "host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "expect"}

// asked is the server of a request of [Proxy.Ask].
type asked struct {
	*server

	match devroute.Match
}

// serverOf returns the server that gets a URL of the proxy, and the URL there.
func (s *setup) serverOf(url, origin string) (asked, string, error) {
	u, err := weburl.Parse(url, nil)
	if err != nil {
		return asked{}, "", err
	}
	host, err := hostguard.HostOf(u.Host)
	if err != nil {
		return asked{}, "", err
	}
	m, ok := s.table.Find(strings.Trim(host, "[]"), u.Path)
	switch {
	case s.Replay != nil && ok && !s.routes[m.Index].isPage:
		return asked{}, "", errors.New("its answers are those of a recording")
	case !ok || m.Ambiguous || m.Upstream == "":
		return asked{}, "", ErrOtherServer
	}
	to, err := s.server(m)
	if err != nil {
		return asked{}, "", err
	}
	base, err := weburl.Parse(to.base, nil)
	if err != nil || base.Origin() != origin {
		return asked{}, "", ErrOtherServer
	}
	target := u.Target()
	if m.Route.StripPrefix {
		target = "/" + strings.TrimPrefix(target[len(m.Prefix):], "/")
	}
	return asked{to, m}, to.base + target, nil
}
