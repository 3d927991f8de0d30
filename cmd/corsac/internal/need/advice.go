package need

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/origin"
)

// isLocalData reports whether the URL has its own content, or names data that
// script of this page made. A page with the origin null has blob: URLs with
// that origin.
func (s *situation) isLocalData() bool {
	switch s.url.Scheme {
	case "data":
		return true
	case "blob":
		own := strings.HasPrefix(s.url.Path, "null/") && s.page.IsOpaque()
		return own || s.page.SameOrigin(s.target)
	}
	return false
}

// isOtherName reports whether page and server are on this machine, but under
// two names.
func (s *situation) isOtherName() bool {
	const here = origin.SpaceLoopback
	return s.page.AddressSpace() == here && s.target.AddressSpace() == here && s.page.Host() != s.target.Host()
}

// difference is a part of two origins that differs.
type difference struct{ part, page, target string }

// differences returns the parts that make page and target different origins;
// none if either is opaque. It omits ports that only follow from the schemes.
func (s *situation) differences() (all []difference) {
	if s.page.IsOpaque() || s.target.IsOpaque() {
		return nil
	}
	add := func(part, page, target string) {
		if page != target {
			all = append(all, difference{part, page, target})
		}
	}
	add("scheme", s.page.Scheme(), s.target.Scheme())
	add("host", s.page.Host(), s.target.Host())
	if hasPort(s.page) || hasPort(s.target) {
		add("port", fmt.Sprint(s.page.Port()), fmt.Sprint(s.target.Port()))
	}
	return all
}

// hasPort reports whether o is written with a port.
func hasPort(o origin.Origin) bool { return !strings.HasSuffix(o.String(), o.Host()) }

// differ says which parts differ.
func (s *situation) differ() string {
	all := s.differences()
	if len(all) == 0 {
		return "the origin null is not the same as any other"
	}
	words := make([]string, len(all))
	for i, d := range all {
		words[i] = fmt.Sprintf("%s (%s, %s)", d.part, d.page, d.target)
	}
	if len(words) == 1 {
		return "the " + words[0] + " differs"
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last] + " differ"
}

// fill replaces the placeholders in the text of a rule.
func (s *situation) fill(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return strings.NewReplacer(
		"{page}", s.page.String(), "{target}", s.target.String(), "{url}", s.url.String(), "{site}", s.target.Site(),
		"{differ}", s.differ(), "{scheme}", s.url.Scheme, "{proxy}", s.proxy(), "{relative}", s.relative(),
		"{listen}", fmt.Sprintf("127.0.0.1:%d", s.gateway()), "{instead}", s.instead(),
	).Replace(text)
}

func (s *situation) fillStep(step Step) Step {
	words := step.Command
	step.Text, step.Config, step.Command = s.fill(step.Text), s.fill(step.Config), nil
	for _, word := range words {
		if word == "{as}" {
			step.Command = append(step.Command, s.checkFlagsFor()...)
			continue
		}
		step.Command = append(step.Command, s.fill(word))
	}
	return step
}

// checkFlagsFor returns the flags of corsac check for the use.
func (s *situation) checkFlagsFor() []string {
	switch s.Use {
	case Canvas:
		return []string{"--destination", string(Image), "--mode", "cors"}
	case Image, Script, Style:
		return []string{"--destination", string(s.Use), "--mode", "cors"}
	case XHR, EventSource, WebSocket, Module, Font:
		return []string{"--destination", string(s.Use)}
	}
	return nil // fetch has the same mode
}

// proxy returns a configuration of the page's server that serves the API below
// it: for development servers if the page is under development, a line each,
// otherwise for nginx. It returns "" for a page without a server.
func (s *situation) proxy() string {
	prefix, strip := s.prefix()
	path, to := prefix, s.target.String()
	if strip { // nginx replaces the path of the location by that of the URL
		path, to = path+"/", to+"/"
	}
	switch {
	case s.page.Scheme() != "http" && s.page.Scheme() != "https":
		return ""
	case s.page.AddressSpace() != origin.SpaceLoopback && s.target.Scheme() == "https":
		return fmt.Sprintf("location %s { proxy_pass %s; proxy_ssl_server_name on; } # in nginx", path, to)
	case s.page.AddressSpace() != origin.SpaceLoopback:
		return fmt.Sprintf("location %s { proxy_pass %s; } # in nginx", path, to)
	}
	var lines []string
	for _, name := range []string{"vite", "next", "webpack-dev-server", "angular-cli"} {
		forward := stacks.Lookup(name).Forward
		lines = append(lines, forward.Line(prefix, s.target.String(), strip)+" // in "+forward.File)
	}
	return strings.Join(lines, "\n")
}

// relative returns the relative URL of what the page's server passes on.
func (s *situation) relative() string {
	if prefix, strip := s.prefix(); strip {
		return prefix + s.pathOf()
	}
	return s.pathOf()
}

// pathOf returns the URL's path and query.
func (s *situation) pathOf() string {
	path, ok := strings.CutPrefix(s.url.StringNoFragment(), s.target.String())
	if !ok { // with credentials, which are not printed
		return s.url.Path
	}
	return path
}

// gateway returns the port of this machine on which corsac can listen in front of
// the server: the default one, unless the server or the page is there.
func (s *situation) gateway() int {
	for port := 8080; ; port++ {
		if int(s.target.Port()) != port && int(s.page.Port()) != port {
			return port
		}
	}
}

// instead returns what the page calls once corsac is in front of the server.
func (s *situation) instead() string {
	if s.page.AddressSpace() != origin.SpaceLoopback || s.page.Scheme() != "http" {
		text := "the address of the gateway"
		if s.page.Scheme() == "https" {
			text += ", by https,"
		}
		return text + " instead of " + s.target.String()
	}
	return fmt.Sprintf("http://localhost:%d%s", s.gateway(), s.pathOf())
}

// prefix returns the first segment of the URL's path. If there is none that a
// configuration can have unquoted, it is /api, which the URL lacks: it must be
// stripped from what the API gets.
func (s *situation) prefix() (path string, strip bool) {
	first, _, _ := strings.Cut(strings.TrimPrefix(s.url.Path, "/"), "/")
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	if first == "" || strings.ContainsFunc(first, func(r rune) bool { return !plain(r) }) {
		return "/api", true
	}
	return "/" + first, false
}

// notes returns what else matters besides CORS.
func (s *situation) notes() (notes []string) {
	if s.server || !s.isHTTP() {
		return nil
	}
	for _, note := range []string{s.cookies(), s.behindProxy(), s.mixedNote(), s.nearNote(), s.beacon(), s.extension()} {
		if note != "" {
			notes = append(notes, note)
		}
	}
	return notes
}

// cookies says which cookies are sent. Sites decide that, not origins.
func (s *situation) cookies() string {
	if s.kind != Reading && s.kind != Handshake || s.page.SameOrigin(s.target) || s.proxied() {
		return ""
	}
	ask := `if the page asks for them with credentials: "include" and the server allows that`
	switch s.Use {
	case XHR, EventSource:
		ask = "if the page asks for them with withCredentials = true and the server allows that"
	case WebSocket:
		ask = "without the page asking for them"
	}
	if s.page.SameSite(s.target) {
		return fmt.Sprintf("cookies: both are in one site, %s, so all cookies of the server are sent, whatever their SameSite, %s", s.target.Site(), ask)
	}
	return fmt.Sprintf("cookies: %s, so only those with SameSite=None; Secure are sent, %s; some browsers withhold or partition even those", s.otherSite(), ask)
}

// otherSite says why page and target are different sites.
func (s *situation) otherSite() string {
	a, okA := s.page.RegistrableDomain()
	b, okB := s.target.RegistrableDomain()
	switch {
	case s.page.IsOpaque():
		return "a page with the origin null is cross-site to every server"
	case s.page.Scheme() != s.target.Scheme() && (s.page.Host() == s.target.Host() || okA && okB && a == b):
		return "http and https are different sites"
	case okA && okB && parent(a) == parent(b) && strings.Contains(parent(a), "."):
		return fmt.Sprintf("%s and %s are different sites, because anyone can register a name under %s", a, b, parent(a))
	}
	return "the two are different sites"
}

// parent returns a domain without its first label.
func parent(domain string) string {
	_, rest, _ := strings.Cut(domain, ".")
	return rest
}

// behindProxy says what a development server does not change.
func (s *situation) behindProxy() string {
	if !s.proxied() || s.kind == Handshake {
		return ""
	}
	return "the proxy passes on the Origin header of POST and similar requests: a server that refuses unknown origins must allow " + s.page.String()
}

func (s *situation) mixedNote() string {
	switch {
	case !s.mixed() || s.kind == Navigation:
		return ""
	case s.upgraded():
		return "on an https page, browsers load this over https instead, and show nothing if that fails"
	}
	return "Chrome allows plain http to the local network; other browsers block it on an https page, whatever the headers"
}

// nearNote is about Local Network Access
// (https://wicg.github.io/local-network-access/). Where the page is loaded from
// is unknown here, unless its host is an IP address.
func (s *situation) nearNote() string {
	near := s.target.AddressSpace()
	if near < origin.SpaceLocal || s.proxied() || s.from.AddressSpace() > origin.SpacePublic || s.from.IsOpaque() || s.Use == Link || s.Use == Form {
		return ""
	}
	place := map[origin.AddressSpace]string{origin.SpaceLocal: "on a local network", origin.SpaceLoopback: "on the user's own machine"}[near]
	if s.from.PotentiallyTrustworthy() {
		return fmt.Sprintf("%s is %s: if the page is from the public internet, Chrome asks the user for permission first, and no header can grant it", s.target, place)
	}
	return fmt.Sprintf("%s is %s: if the page is from the public internet, Chrome refuses, because only https pages can get the user's permission", s.target, place)
}

// beacon is about the one kind of beacon that is not a simple request
// (https://w3c.github.io/beacon/#sec-processing-model).
func (s *situation) beacon() string {
	if s.Use != Beacon || s.page.SameOrigin(s.target) {
		return ""
	}
	return "a beacon with a Blob of a type that forms cannot have, such as application/json, is sent with CORS, after a preflight"
}

// extension is about the pages of browser extensions. They have their own
// origin, but can have permission to ignore CORS.
func (s *situation) extension() string {
	if !strings.HasSuffix(s.page.Scheme(), "-extension") || !s.reads() {
		return ""
	}
	return fmt.Sprintf("an extension with %s/* in its host_permissions does not need CORS on its own pages; its content scripts do, like the page that they run in", s.target)
}
