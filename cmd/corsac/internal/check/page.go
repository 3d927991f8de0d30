package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/csp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// maxPageRedirects is the number of redirects that browsers follow.
const maxPageRedirects = 20

// maxPageBody bounds how much of a document is read, in bytes; only its head
// matters.
const maxPageBody = 512 << 10

// page is what a document says about the requests of its script.
type page struct {
	// config has the origin, "null" if the document is sandboxed, the URL after
	// redirects, the referrer policy, and the address space.
	config fetch.PageConfig
	// csp has its policies, for requests from self: its origin before
	// sandboxing.
	csp  csp.Policies
	self string
	// notes are for people.
	notes []string
}

// maxPages bounds the pages that a loader keeps.
const maxPages = 256

// pageLoader loads each page once for the settings that it is loaded with. A page
// that cannot be loaded is tried again when it is next asked for.
type pageLoader struct {
	mu    sync.Mutex
	loads map[string]*pageLoad
}

// pageLoad is a page that is loaded, or being loaded until done is closed.
type pageLoad struct {
	done      chan struct{}
	page      *page
	err       error
	cancelled bool // by who loaded it, which says nothing about the page
}

func (l *pageLoader) load(ctx context.Context, n *probe.Network, rawURL string, settings *probe.Settings) (*page, error) {
	key := fmt.Sprintf("%s %+v", rawURL, *settings)
	for {
		load, mine := l.claim(key)
		if mine {
			load.page, load.err = loadPage(ctx, n, rawURL)
			load.cancelled = ctx.Err() != nil
			l.finish(key, load)
		}
		select {
		case <-load.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if mine || !load.cancelled {
			return load.page, load.err
		}
	}
}

// claim returns the load of a key, and whether the caller has to make it.
func (l *pageLoader) claim(key string) (load *pageLoad, mine bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if load := l.loads[key]; load != nil {
		return load, false
	}
	if l.loads == nil || len(l.loads) >= maxPages {
		l.loads = map[string]*pageLoad{}
	}
	load = &pageLoad{done: make(chan struct{})}
	l.loads[key] = load
	return load, true
}

// finish lets those who wait have a load, and forgets it if it failed.
func (l *pageLoader) finish(key string, load *pageLoad) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if load.err != nil && l.loads[key] == load {
		delete(l.loads, key)
	}
	close(load.done)
}

// loadPage loads a document as a browser navigates to it, with redirects, and
// reads its headers and the meta elements in its head. It runs no script and
// loads nothing that the document refers to.
func loadPage(ctx context.Context, n *probe.Network, rawURL string) (*page, error) {
	p := &probe.Probe{Network: n, KeepBody: maxPageBody}
	at, err := weburl.Parse(rawURL, nil)
	if err != nil {
		return nil, err
	}
	for range maxPageRedirects + 1 {
		if at.Scheme != "http" && at.Scheme != "https" {
			return nil, fmt.Errorf("%q is not an http or https URL", at.String())
		}
		response, err := p.Exchange(ctx, navigation(at))
		if err != nil {
			return nil, err
		}
		next := response.Headers.Values("Location")
		if !isRedirect(response.Status) || len(next) == 0 {
			return newPage(p, at, response), nil
		}
		if at, err = weburl.ParseLocation(next[0], at); err != nil {
			return nil, fmt.Errorf("redirect to %q: %w", next[0], err)
		}
	}
	return nil, errors.New("there are more than 20 redirects")
}

// isRedirect reports whether a status redirects
// (https://fetch.spec.whatwg.org/#redirect-status).
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func navigation(to *weburl.URL) *fetch.WireRequest {
	return &fetch.WireRequest{Kind: fetch.KindActual, Method: "GET", URL: to.StringNoFragment(), Headers: fetch.Headers{
		{Name: "Accept", Value: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		{Name: "Sec-Fetch-Dest", Value: "document"},
		{Name: "Sec-Fetch-Mode", Value: "navigate"},
		{Name: "Sec-Fetch-Site", Value: "none"},
		{Name: "Upgrade-Insecure-Requests", Value: "1"},
	}}
}

func newPage(p *probe.Probe, at *weburl.URL, response *fetch.WireResponse) *page {
	last := &p.Records[len(p.Records)-1]
	loaded := &page{
		self: at.Origin(),
		csp:  csp.Parse(response.Headers.Values("Content-Security-Policy")),
		config: fetch.PageConfig{
			Origin: at.Origin(), URL: at.StringNoFragment(), AddressSpace: remoteSpace(p.Network, at, last),
		},
	}
	var reported fetch.EmbedderPolicy
	loaded.config.EmbedderPolicy, reported = fetch.ParseEmbedderPolicy(response.Headers)
	if reported != fetch.EmbedderUnsafeNone {
		loaded.notes = append(loaded.notes, "the page's Cross-Origin-Embedder-Policy-Report-Only: "+string(reported)+" only reports what that policy would block")
	}
	loaded.readDocument(document(response.Headers, last.Body))
	if loaded.config.ReferrerPolicy == "" { // a meta element comes later, so it overrides the header
		loaded.config.ReferrerPolicy = lastPolicy(response.Headers.Values("Referrer-Policy"))
	}
	if loaded.csp.Sandboxed() {
		loaded.config.Origin = "null"
	}
	return loaded
}

// lastPolicy returns the last known referrer policy in the lines
// (https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header).
func lastPolicy(lines []string) (last string) {
	for token := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if token = strings.ToLower(strings.TrimSpace(token)); slices.Contains(ReferrerPolicies, token) {
			last = token
		}
	}
	return last
}

// remoteSpace returns the address space from which a response came.
func remoteSpace(n *probe.Network, at *weburl.URL, answered *probe.Record) origin.AddressSpace {
	if n.Maps(strings.Trim(at.Host, "[]")) {
		return origin.SpacePublic
	}
	addr, err := netip.ParseAddrPort(answered.Remote)
	if err != nil || answered.Proxied {
		return origin.SpaceUnknown
	}
	return origin.SpaceOf(addr.Addr())
}
