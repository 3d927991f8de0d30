// Package csp implements the part of Content Security Policy that decides
// whether a page may make a request (https://w3c.github.io/webappsec-csp/).
//
//   - If there are several policies, all must allow the request.
//   - Source lists are matched by URL: 'none', 'self', *, schemes, and hosts
//     with wildcards, ports and paths. Nonces and hashes, which are for inline
//     code, match no URL.
//   - Policies that only report are ignored.
package csp

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

const (
	maxPolicies   = 64
	maxDirectives = 128
)

// Policies are the policies of a document.
type Policies []policy

// policy is the source lists of one policy, by directive.
type policy []directive

type directive struct {
	name    string
	text    string // as it was written
	sources []string
}

// Parse parses the values of Content-Security-Policy header lines
// (https://w3c.github.io/webappsec-csp/#parse-response-csp). It reads at most
// 64 policies with at most 128 directives each, and ignores the rest.
func Parse(lines []string) Policies {
	var list Policies
	for _, line := range lines {
		for text := range strings.SplitSeq(line, ",") {
			if p := parsePolicy(text); len(p) > 0 && len(list) < maxPolicies {
				list = append(list, p)
			}
		}
	}
	return list
}

// ParseMeta parses the policies of a meta element, which cannot have sandbox
// (https://html.spec.whatwg.org/#attr-meta-http-equiv-content-security-policy).
func ParseMeta(content string) Policies {
	list := Parse([]string{content})
	for i, p := range list {
		list[i] = slices.DeleteFunc(p, func(d directive) bool { return d.name == "sandbox" })
	}
	return list
}

// Upgrades reports whether the document replaces http by https in its requests
// (https://w3c.github.io/webappsec-upgrade-insecure-requests/).
func (l Policies) Upgrades() bool {
	return slices.ContainsFunc(l, func(p policy) bool { return p.find("upgrade-insecure-requests") != nil })
}

func parsePolicy(text string) (p policy) {
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		if len(words) == 0 || len(p) == maxDirectives {
			continue
		}
		name := strings.ToLower(words[0])
		if p.find(name) == nil { // if it is repeated, the first counts
			p = append(p, directive{name, strings.Join(words, " "), words[1:]})
		}
	}
	return p
}

func (p policy) find(name string) *directive {
	for i := range p {
		if p[i].name == name {
			return &p[i]
		}
	}
	return nil
}

// Sandboxed reports whether the document has an opaque origin
// (https://w3c.github.io/webappsec-csp/#directive-sandbox).
func (l Policies) Sandboxed() bool {
	for _, p := range l {
		d := p.find("sandbox")
		if d == nil {
			continue
		}
		same := false
		for _, flag := range d.sources {
			same = same || strings.EqualFold(flag, "allow-same-origin")
		}
		if !same {
			return true
		}
	}
	return false
}

// chain returns the directives that can govern a destination; the first that
// the policy has does
// (https://w3c.github.io/webappsec-csp/#directive-fallback-list).
func chain(d fetch.Destination) []string {
	switch d {
	case fetch.DestinationImage:
		return []string{"img-src", "default-src"}
	case fetch.DestinationScript, fetch.DestinationModule, fetch.DestinationJSON:
		return []string{"script-src-elem", "script-src", "default-src"}
	case fetch.DestinationStyle, fetch.DestinationCSSModule:
		return []string{"style-src-elem", "style-src", "default-src"}
	case fetch.DestinationFont:
		return []string{"font-src", "default-src"}
	case fetch.DestinationTrack, fetch.DestinationAudio, fetch.DestinationVideo:
		return []string{"media-src", "default-src"}
	case fetch.DestinationManifest:
		return []string{"manifest-src", "default-src"}
	case fetch.DestinationWorker, fetch.DestinationSharedWorker, fetch.DestinationServiceWorker:
		return []string{"worker-src", "child-src", "script-src", "default-src"}
	default:
		return []string{"connect-src", "default-src"}
	}
}

// Violation is the directive that forbids a request.
type Violation struct {
	// Directive is the directive as the policy has it, such as "connect-src
	// 'self'".
	Directive string
	// Effective is the directive for this kind of request. It differs from that
	// in Directive if that one is a fallback.
	Effective string
}

// Check returns the first violation by a request to rawURL from a page whose
// origin is self, or nil. After a redirect, paths are not compared.
func (l Policies) Check(d fetch.Destination, rawURL, self string, redirected bool) *Violation {
	target, _ := parseURL(rawURL) // what is not a URL matches no source
	names := chain(d)
	for _, p := range l {
		for _, name := range names {
			directive := p.find(name)
			if directive == nil {
				continue
			}
			if !directive.matches(target, self, redirected) {
				return &Violation{directive.text, names[0]}
			}
			break
		}
	}
	return nil
}

// Message returns what Chrome prints on its console, as seen in Chromium 156.
func (v *Violation) Message(d fetch.Destination, rawURL string) string {
	what := "Connecting to"
	switch d {
	case fetch.DestinationImage:
		what = "Loading the image"
	case fetch.DestinationScript, fetch.DestinationModule, fetch.DestinationJSON:
		what = "Loading the script"
	case fetch.DestinationStyle, fetch.DestinationCSSModule:
		what = "Loading the stylesheet"
	case fetch.DestinationFont:
		what = "Loading the font"
	case fetch.DestinationTrack, fetch.DestinationAudio, fetch.DestinationVideo:
		what = "Loading media from"
	case fetch.DestinationManifest:
		what = "Loading manifest from"
	case fetch.DestinationWorker, fetch.DestinationSharedWorker, fetch.DestinationServiceWorker:
		what = "Creating a worker from"
	}
	note := ""
	if name, _, _ := strings.Cut(v.Directive, " "); !strings.EqualFold(name, v.Effective) {
		note = " Note that '" + v.Effective + "' was not explicitly set, so '" + strings.ToLower(name) + "' is used as a fallback."
	}
	return what + " '" + rawURL + "' violates the following Content Security Policy directive: \"" + v.Directive + "\"." + note + " The action has been blocked."
}
