package probe

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// TestDialStaggers checks that an address that does not answer causes little
// delay: the next one is tried in parallel.
func TestDialStaggers(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	silent := netip.MustParseAddr("192.0.2.1") // in no network (RFC 5737)
	begin := time.Now()
	conn, err := dialAny(t.Context(), []netip.Addr{silent, silent, netip.MustParseAddr("127.0.0.1")}, l.Addr().(*net.TCPAddr).AddrPort().Port())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestDialFails checks the errors if all addresses fail, or time runs out.
func TestDialFails(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	l.Close()
	refusing := netip.MustParseAddr("127.0.0.1")
	if _, err := dialAny(t.Context(), []netip.Addr{refusing, refusing, refusing}, port); codeOf(err) != fetch.CodeConnectionRefused {
		t.Errorf("%s: %v", codeOf(err), err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err = dialAny(ctx, []netip.Addr{refusing}, port); codeOf(err) != CodeConnectTimeout {
		t.Errorf("%s: %v", codeOf(err), err)
	}
}

func TestSpace(t *testing.T) {
	n := &Network{Map: []Mapping{{Host: "api.example", Port: "443", ToHost: "127.0.0.1"}}}
	for host, want := range map[string]origin.AddressSpace{
		"api.example": origin.SpacePublic, "API.example": origin.SpacePublic, "127.0.0.1": origin.SpaceLoopback, "[::1]": origin.SpaceLoopback,
		"x.localhost": origin.SpaceLoopback, "10.1.2.3": origin.SpaceLocal, "192.0.2.1": origin.SpacePublic, "a.invalid": origin.SpaceUnknown,
	} {
		if got := n.Space(t.Context(), host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	if got := (&Network{Map: []Mapping{{ToHost: "127.0.0.1"}}}).Space(t.Context(), "127.0.0.1"); got != origin.SpacePublic {
		t.Errorf("where every host is mapped: %s", got)
	}
}

func TestTarget(t *testing.T) {
	for raw, want := range map[string]string{
		"http://h": "/", "http://h/": "/", "https://h:1/a?b=/c": "/a?b=/c", "http://h?q": "/?q", "http://h/%2F//x": "/%2F//x",
	} {
		if got := target(raw, false); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
		if got := target(raw, true); got != raw {
			t.Errorf("%s in absolute form: %q", raw, got)
		}
		if u, err := url.Parse(raw); err != nil || !strings.HasSuffix(raw, u.RequestURI()) && u.Path != "" {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
