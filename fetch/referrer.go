package fetch

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// referrerPolicy is a referrer policy
// (https://w3c.github.io/webappsec-referrer-policy/#referrer-policies).
type referrerPolicy uint8

const (
	strictOriginWhenCross referrerPolicy = iota // the default
	noReferrer
	noReferrerWhenDowngrade
	sameOriginReferrer
	originReferrer
	strictOrigin
	originWhenCross
	unsafeURL
)

// referrerPolicyNames lists what parseReferrerPolicy accepts, for error texts.
const referrerPolicyNames = "no-referrer, no-referrer-when-downgrade, same-origin, origin, strict-origin, " +
	"origin-when-cross-origin, strict-origin-when-cross-origin, unsafe-url"

func parseReferrerPolicy(s string) (referrerPolicy, bool) {
	switch s {
	case "", "strict-origin-when-cross-origin":
		return strictOriginWhenCross, true
	case "no-referrer":
		return noReferrer, true
	case "no-referrer-when-downgrade":
		return noReferrerWhenDowngrade, true
	case "same-origin":
		return sameOriginReferrer, true
	case "origin":
		return originReferrer, true
	case "strict-origin":
		return strictOrigin, true
	case "origin-when-cross-origin":
		return originWhenCross, true
	case "unsafe-url":
		return unsafeURL, true
	}
	return 0, false
}

// referrerPolicyOf returns the policy that a redirect sets with its
// Referrer-Policy, if it does: the last known token wins
// (https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header).
func referrerPolicyOf(list Headers) (policy referrerPolicy, set bool) {
	value, n := list.get("Referrer-Policy")
	if n == 0 || len(value) > maxListBytes {
		return 0, false
	}
	for part := range strings.SplitSeq(value, ",") {
		token := lower(trimOWS(part))
		if p, ok := parseReferrerPolicy(token); ok && token != "" {
			policy, set = p, true
		}
	}
	return policy, set
}

// referer returns the Referer header of a request to an origin, or "" for none
// (https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer).
func (r *rules) referer(p *Page, policy referrerPolicy, to origin.Origin) string {
	if p.origin.IsOpaque() || p.url.Scheme != "http" && p.url.Scheme != "https" {
		return ""
	}
	same := p.origin.SameOrigin(to)
	downgrade := p.secure && !to.PotentiallyTrustworthy()
	if r.schemeDowngrade {
		downgrade = p.source.Scheme() == "https" && to.Scheme() != "https"
	}
	full, only := true, true
	switch policy {
	case noReferrer:
		return ""
	case sameOriginReferrer:
		full, only = same, false
	case originReferrer:
		full = false
	case originWhenCross:
		full = same
	case unsafeURL:
	case strictOrigin:
		full, only = false, !downgrade
	case strictOriginWhenCross:
		full, only = same, !downgrade
	case noReferrerWhenDowngrade:
		full, only = !downgrade, false
	}
	switch {
	case full:
		return stripForReferrer(p.url)
	case only:
		return p.origin.String() + "/"
	}
	return ""
}

// maxReferrer is the length beyond which only the origin is sent.
const maxReferrer = 4096

// stripForReferrer returns u without what Referer must not have
// (https://w3c.github.io/webappsec-referrer-policy/#strip-url).
func stripForReferrer(u *weburl.URL) string {
	v := *u
	v.Username, v.Password = "", ""
	s := v.StringNoFragment()
	if len(s) > maxReferrer {
		return u.Origin() + "/"
	}
	return s
}
