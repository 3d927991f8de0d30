package fetch

import (
	"errors"
	"fmt"

	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// PageConfig describes the document whose script makes requests: the parts of
// its environment settings object that CORS depends on
// (https://html.spec.whatwg.org/#environment-settings-object).
type PageConfig struct {
	// Origin is the serialised origin of the page, or "null" for an opaque one
	// (sandboxed frames, data: documents, files). Empty means the origin of
	// URL.
	Origin string
	// URL is the page's address, for Referer and relative URLs. Empty means
	// Origin + "/". If Origin is "null", it says where the page came from.
	URL string
	// ReferrerPolicy is the page's referrer policy
	// (https://w3c.github.io/webappsec-referrer-policy/#referrer-policies).
	// Empty means strict-origin-when-cross-origin.
	ReferrerPolicy string
	// AddressSpace is where the page was loaded from. SpaceUnknown means the
	// address space of its host; if that is unknown too, there is no check.
	AddressSpace origin.AddressSpace
	// GrantLocal and GrantLoopback are the page's permissions for Local Network
	// Access (https://wicg.github.io/local-network-access/).
	GrantLocal, GrantLoopback bool
	// EmbedderPolicy is the page's Cross-Origin-Embedder-Policy.
	EmbedderPolicy EmbedderPolicy
	// BlockThirdPartyCookies removes cookies from requests to sites other than
	// the page's.
	BlockThirdPartyCookies bool
}

// Page is a checked [PageConfig]. It is immutable and safe for concurrent use.
type Page struct {
	cfg    PageConfig
	origin origin.Origin
	url    *weburl.URL
	// source is the origin that the page was loaded from: that of the page or,
	// if that is opaque, its precursor.
	source   origin.Origin
	referrer referrerPolicy
	secure   bool // a secure context (https://w3c.github.io/webappsec-secure-contexts/)
	space    origin.AddressSpace
	site     string // a partition of the preflight cache
	domain   string // registrable domain of origin, or ""
}

// errNoOrigin is the error for a PageConfig without Origin and URL.
var errNoOrigin = errors.New("page has neither an origin nor a url; set one of them")

// NewPage checks cfg. The error says which field is wrong.
func NewPage(cfg PageConfig) (*Page, error) {
	p := &Page{cfg: cfg}
	raw := cfg.URL
	if raw == "" && cfg.Origin != "null" {
		if raw = cfg.Origin; raw == "" {
			return nil, errNoOrigin
		}
	}
	if raw != "" {
		u, err := weburl.Parse(raw, nil)
		if err != nil {
			return nil, fmt.Errorf("page url: %w", err)
		}
		p.url = u
		if p.source, err = origin.ParseURL(raw); err != nil {
			return nil, fmt.Errorf("page url: %w", err)
		}
	}
	switch cfg.Origin {
	case "":
		p.origin = p.source
	default:
		o, err := origin.Parse(cfg.Origin)
		if err != nil {
			return nil, fmt.Errorf("page origin: %w", err)
		}
		p.origin = o
	}
	var ok bool
	if p.referrer, ok = parseReferrerPolicy(cfg.ReferrerPolicy); !ok {
		return nil, fmt.Errorf("unknown referrer policy %q; use one of %s", cfg.ReferrerPolicy, referrerPolicyNames)
	}
	switch cfg.EmbedderPolicy {
	case "", EmbedderUnsafeNone, EmbedderRequireCORP, EmbedderCredentialless:
	default:
		return nil, fmt.Errorf("unknown embedder policy %q; use unsafe-none, require-corp or credentialless", cfg.EmbedderPolicy)
	}
	p.setContext()
	p.site = p.source.Site()
	p.domain, _ = p.origin.RegistrableDomain()
	return p, nil
}

// IsSecureContext reports whether the page is a secure context
// (https://html.spec.whatwg.org/#secure-contexts).
func (p *Page) IsSecureContext() bool { return p.secure }

// setContext sets whether the page is a secure context
// (https://html.spec.whatwg.org/#secure-contexts), and its address space. A
// sandboxed frame is a secure context if the page that it was loaded from would
// be; nearly all are, so it counts as one if that is not known.
func (p *Page) setContext() {
	p.secure = p.source.PotentiallyTrustworthy() || p.url == nil || IsExtension(p.source)
	switch p.space = p.cfg.AddressSpace; {
	case IsExtension(p.source):
		p.space = origin.SpaceUnknown // no network has extensions
	case p.space == origin.SpaceUnknown:
		p.space = p.source.AddressSpace()
	}
}

// IsExtension reports whether an origin is that of a browser extension. Its
// pages are secure contexts, and Local Network Access does not apply to them.
func IsExtension(o origin.Origin) bool {
	switch o.Scheme() {
	case "chrome-extension", "moz-extension", "safari-web-extension":
		return true
	}
	return false
}
