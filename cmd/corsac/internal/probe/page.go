package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/csp"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// maxPageRedirects is as many as browsers follow.
const maxPageRedirects = 20

// Page is what a document says about the requests of its script.
type Page struct {
	// Config has the origin, "null" if the document is sandboxed, the URL after
	// redirects, the referrer policy, and the address space.
	Config fetch.PageConfig
	// CSP are its policies, for requests from Self, its origin before sandboxing.
	CSP  csp.Policies
	Self string
}

// maxPageBody is how much of a document is read for what its head says.
const maxPageBody = 512 << 10

// LoadPage loads a document as a browser navigates to it, redirects included, and
// reads its headers and the meta elements of its head. Nothing in it is run, and
// nothing that it refers to is loaded.
func LoadPage(ctx context.Context, n *Network, rawURL string) (*Page, error) {
	p := &Probe{Network: n, KeepBody: maxPageBody}
	for range maxPageRedirects + 1 {
		o, err := origin.ParseURL(rawURL)
		if err != nil {
			return nil, err
		}
		if o.Scheme() != "http" && o.Scheme() != "https" {
			return nil, fmt.Errorf("%q is not an http or https URL", rawURL)
		}
		rawURL, _, _ = strings.Cut(rawURL, "#")
		response, err := p.Exchange(ctx, &fetch.WireRequest{Kind: fetch.KindActual, Method: "GET", URL: rawURL, Headers: fetch.Headers{
			{Name: "Accept", Value: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
			{Name: "Sec-Fetch-Dest", Value: "document"},
			{Name: "Sec-Fetch-Mode", Value: "navigate"},
			{Name: "Sec-Fetch-Site", Value: "none"},
			{Name: "Upgrade-Insecure-Requests", Value: "1"},
		}})
		if err != nil {
			return nil, err
		}
		next := response.Headers.Values("Location")
		if response.Status/100 != 3 || len(next) == 0 {
			return p.newPage(rawURL, o, response), nil
		}
		base, err := url.Parse(rawURL)
		if err != nil {
			return nil, err
		}
		target, err := base.Parse(next[0])
		if err != nil {
			return nil, fmt.Errorf("redirect to %q: %w", next[0], err)
		}
		rawURL = target.String()
	}
	return nil, errors.New("there are more than 20 redirects")
}

func (p *Probe) newPage(rawURL string, o origin.Origin, response *fetch.WireResponse) *Page {
	page := &Page{
		Self: o.String(),
		CSP:  csp.Parse(response.Headers.Values("Content-Security-Policy")),
		Config: fetch.PageConfig{
			Origin: o.String(), URL: rawURL, AddressSpace: p.remoteSpace(o.Host()),
		},
	}
	page.readDocument(document(response.Headers, p.Records[len(p.Records)-1].Body))
	if page.Config.ReferrerPolicy == "" { // a meta element counts more, being later
		page.Config.ReferrerPolicy = lastPolicy(response.Headers.Values("Referrer-Policy"))
	}
	if page.CSP.Sandboxed() {
		page.Config.Origin = "null"
	}
	return page
}

// lastPolicy returns the last of the policies that lines list that is known
// (https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header).
func lastPolicy(lines []string) (last string) {
	for token := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		switch token = strings.ToLower(strings.TrimSpace(token)); token {
		case "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
			"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url":
			last = token
		}
	}
	return last
}

// remoteSpace returns the address space that the last answer came from.
func (p *Probe) remoteSpace(host string) origin.AddressSpace {
	if p.Network.maps(strings.Trim(host, "[]")) {
		return origin.SpacePublic
	}
	last := &p.Records[len(p.Records)-1]
	addr, err := netip.ParseAddrPort(last.Remote)
	if err != nil || last.Proxied {
		return origin.SpaceUnknown
	}
	return origin.SpaceOf(addr.Addr())
}
