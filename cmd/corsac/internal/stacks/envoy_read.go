package stacks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
	"github.com/corsac-dev/corsac/origin"
)

var envoySource = &Source{
	Files: confFiles,
	Rules: []*Rule{
		envoyCommon.reflects, envoyCommon.wildcardNames, envoyCommon.wide, envoyCommon.null, envoyCommon.prefixed, envoyCommon.partial,
		envoyCommon.never, envoyCommon.literal, envoyCommon.glob, envoyCommon.unreadable,
		envoyFilterMissing, envoyFilterLate, envoyShadow, envoyCommon.vary, envoyOld, envoyUpstream, envoyForwards,
	},
	Read: readEnvoy,
}

var envoyCommon = commonRulesOf("envoy", "Envoy")

var envoyRule = ruleMaker("envoy").rule

var (
	envoyFilterMissing = envoyRule("filter-missing", finding.Error, "no-cors-headers",
		"The policy has no effect: the filter is not in http_filters",
		"Only the filter envoy.filters.http.cors reads the policy.",
		"Put envoy.filters.http.cors into http_filters, before authentication and the router.")
	envoyFilterLate = envoyRule("filter-after-auth", finding.Error, "preflight-requires-auth",
		"The filter stands after authentication",
		"Filters run in their order. Preflights never carry credentials, so authentication refuses them before the filter sees them.",
		"Put envoy.filters.http.cors before jwt_authn, ext_authz, rbac and the like.")
	envoyShadow = envoyRule("not-enforced", finding.Warning, "no-cors-headers",
		"The policy is not enforced",
		"filter_enabled is 0, so that the policy is off, or only counted with shadow_enabled.",
		"Delete filter_enabled, or set it to 100.")
	envoyOld = envoyRule("deprecated-field", finding.Warning, "",
		"The field cors of routes is deprecated",
		"Envoy 1.23 and later have the policy in typed_per_filter_config, and the old field will be removed.",
		"Move it to typed_per_filter_config, under envoy.filters.http.cors.")
	envoyUpstream = envoyRule("upstream-header-kept", finding.Warning, "",
		"A header of the upstream reaches origins that are refused",
		"Envoy replaces Access-Control-Allow-Origin of the upstream for allowed origins only.",
		"List access-control-allow-origin in response_headers_to_remove of the route.")
	envoyForwards = envoyRule("forwards-preflights", finding.Note, "",
		"Preflights of other origins reach the upstream",
		"forward_not_matching_preflights is true unless it is set, so the upstream answers them, with 404 or 405 or its own CORS headers.",
		"Set forward_not_matching_preflights: false.")
)

// readEnvoy returns the CORS policies in configurations of Envoy.
func readEnvoy(t *source.Tree) []*Site {
	markers := []string{"envoy.filters.http.cors", "allow_origin_string_match", "allowOriginStringMatch", "allow_origin_regex"}
	tables := map[*conftree.Node]*partTable{}
	return readConf(t, confFiles, markers, envoyCommon, func(f *confFile, at *conftree.At) {
		if at.Is(conftree.Map) && isEnvoyPolicy(at) {
			e := &envoySite{confSite: f.site(envoyTitle(at), at.Node), at: at}
			e.read()
			e.route(tables)
			e.finish()
		}
	})
}

// isEnvoyPolicy reports whether a map is a policy: by its type, by its place, or
// by what is in it.
func isEnvoyPolicy(at *conftree.At) bool {
	kind := at.Get("@type").Text()
	return strings.HasSuffix(kind, ".cors.v3.CorsPolicy") || strings.HasSuffix(kind, ".route.v3.CorsPolicy") ||
		kind == "" && at.Key == "envoy.filters.http.cors" || snake(at.Node, "allow_origin_string_match") != nil ||
		at.Key == "cors" && (at.Get("allow_origin_regex") != nil || at.Get("allow_origin").Is(conftree.List))
}

// snake returns the value of a field, which may be written in camel case.
func snake(n *conftree.Node, name string) *conftree.Node {
	if v := n.Get(name); v != nil {
		return v
	}
	words := strings.Split(name, "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return n.Get(strings.Join(words, ""))
}

// envoyTitle names the route or virtual host that a policy is for.
func envoyTitle(at *conftree.At) string {
	for up := at.Up; up != nil; up = up.Up {
		switch match, name := up.Get("match"), up.Get("name").Text(); {
		case match != nil:
			return strings.TrimSpace("route " + envoyPath(match))
		case up.Get("domains") != nil && name != "":
			return "virtual host " + name
		case up.Get("virtual_hosts") != nil && name != "":
			return "route configuration " + name
		}
	}
	return "CORS policy"
}

// envoyPath returns the prefix of a match.
func envoyPath(match *conftree.Node) string {
	for _, key := range []string{"prefix", "path", "path_separated_prefix"} {
		if v := snake(match, key).Text(); v != "" && v != "/" {
			return v
		}
	}
	return ""
}

// envoySite is a policy while it is read.
type envoySite struct {
	*confSite

	at *conftree.At
}

func (e *envoySite) read() {
	n := e.at.Node
	for up := e.at.Up; up != nil; up = up.Up {
		if match := up.Get("match"); match != nil {
			e.Path = envoyPath(match)
			break
		}
	}
	if e.at.Key == "cors" {
		e.fault(envoyOld, n.Span, "")
	}
	if e.off(n) {
		return
	}
	e.allowCredentials(snake(n, "allow_credentials"))
	e.origins(n)
	e.names("allow_methods", snake(n, "allow_methods"), ",")
	e.names("allow_headers", snake(n, "allow_headers"), ",")
	e.names("expose_headers", snake(n, "expose_headers"), ",")
	e.maxAge(snake(n, "max_age"))
	e.surroundings(n)
}

// off reports whether the policy is switched off.
func (e *envoySite) off(n *conftree.Node) bool {
	enabled := snake(n, "filter_enabled")
	if enabled == nil {
		return false
	}
	value := snake(enabled, "default_value")
	if share := value.Get("numerator"); value != nil && (share == nil || share.Text() == "0") {
		e.fault(envoyShadow, enabled.Span, "")
		e.remark(Lost, "", "The policy is off (filter_enabled).", enabled.Span)
		return true
	}
	if key := snake(enabled, "runtime_key"); key != nil {
		e.remark(Dynamic, "", "Whether the policy is on depends on the runtime key "+key.Text()+".", key.Span)
	}
	return false
}

func (e *envoySite) origins(n *conftree.Node) {
	for _, m := range snake(n, "allow_origin_string_match").Each() {
		e.match(m)
	}
	for _, p := range e.partsOf("allow_origins", n.Get("allow_origin"), "") {
		e.whole(p)
	}
	for _, p := range e.partsOf("allow_origins", n.Get("allow_origin_regex"), "") {
		e.regex(p)
	}
}

// match reads a StringMatcher, as Envoy and Istio have it.
func (e *envoySite) match(m *conftree.Node) {
	if e.conf.left <= 0 {
		return
	}
	if why := comesFrom(m); why != "" {
		e.remark(Dynamic, "allow_origins", "It comes from "+why+", which is known only later.", m.Span)
		return
	}
	fold := e.flag("allow_origins", snake(m, "ignore_case"))
	regex := snake(m, "safe_regex").Get("regex")
	if regex == nil {
		regex = m.Get("regex") // of Istio, and of the first versions of Envoy
	}
	for _, p := range e.partsOf("allow_origins", regex, "") {
		e.regex(p)
	}
	for _, p := range e.partsOf("allow_origins", m.Get("exact"), "") {
		if fold {
			p.text = strings.ToLower(p.text)
		}
		e.whole(p)
	}
	for _, p := range e.partsOf("allow_origins", m.Get("prefix"), "") {
		e.begins(p)
	}
	for _, key := range []string{"suffix", "contains"} {
		for _, p := range e.partsOf("allow_origins", m.Get(key), "") {
			e.has(key, p)
		}
	}
	if custom := m.Get("custom"); custom != nil {
		e.remark(Dynamic, "allow_origins", "An extension compares the origin.", custom.Span)
	}
}

// whole is about a text that is the whole origin; * stands for all.
func (e *envoySite) whole(p part) {
	if p.text == "*" {
		e.anyOrigin(p.at)
		return
	}
	e.exact(p)
}

// regex is about an expression. One that matches a * stands for all, as Envoy
// compares each matcher with that first.
func (e *envoySite) regex(p part) {
	if len(p.text) <= maxExpression {
		if re, err := regexp.Compile("^(?:" + p.text + ")$"); err == nil && re.MatchString("*") {
			e.anyOrigin(p.at)
			return
		}
	}
	e.expression(p, MatchWhole)
}

// begins is about the beginning of an origin.
func (e *envoySite) begins(p part) {
	if p.text == "*" || p.text == "" {
		e.anyOrigin(p.at)
		return
	}
	e.fault(e.prefixed, p.at, "")
	if o, err := origin.Parse(strings.TrimRight(p.text, ":/")); err == nil && !o.IsOpaque() {
		e.remark(Differs, "allow_origins", "Origins that only begin with "+p.text+" are left out.", p.at)
		e.entry("allow_origins", o.String(), p.at)
		return
	}
	e.remark(Lost, "allow_origins", "A policy does not allow origins by how they begin: "+p.text+".", p.at)
}

// has is about the end of an origin, or another part of it.
func (e *envoySite) has(key string, p part) {
	domain, below := strings.CutPrefix(p.text, ".")
	if wild, err := origin.ParsePattern("https://*." + domain); err == nil && below && key == "suffix" {
		e.remark(Differs, "allow_origins", "Of the origins that end with "+p.text+", only those of https are carried over.", p.at)
		e.entry("allow_origins", wild.String(), p.at)
		return
	}
	e.fault(e.partial, p.at, "")
	e.remark(Lost, "allow_origins", "A policy does not allow origins by a part of them: "+p.text+".", p.at)
}

// surroundings looks at the route and the filters around a policy.
func (e *envoySite) surroundings(n *conftree.Node) {
	vary, removed, filters := false, false, (*conftree.Node)(nil)
	for up := e.at.Up; up != nil; up = up.Up {
		for _, h := range snake(up.Node, "response_headers_to_add").Each() {
			header := h.Get("header")
			vary = vary || strings.EqualFold(header.Get("key").Text(), "vary") && strings.Contains(strings.ToLower(header.Get("value").Text()), "origin")
		}
		for _, h := range snake(up.Node, "response_headers_to_remove").Each() {
			removed = removed || strings.EqualFold(h.Text(), "access-control-allow-origin")
		}
		if list := snake(up.Node, "http_filters"); list != nil {
			filters = list
		}
	}
	if !vary {
		e.fault(e.vary, n.Span, "")
	}
	if !removed && !e.everyone {
		e.fault(envoyUpstream, n.Span, "")
	}
	if forward := snake(n, "forward_not_matching_preflights"); forward.Text() != "false" && comesFrom(forward) == "" {
		e.fault(envoyForwards, n.Span, "")
	}
	e.filters(filters, n)
}

// envoyAuth are filters that refuse requests without credentials.
var envoyAuth = []string{"envoy.filters.http.jwt_authn", "envoy.filters.http.ext_authz", "envoy.filters.http.rbac", "envoy.filters.http.oauth2", "envoy.filters.http.basic_auth", "envoy.filters.http.api_key_auth"}

// filters looks for the CORS filter in the list of those around a policy; nil if
// the file does not have it.
func (e *envoySite) filters(list, n *conftree.Node) {
	if list == nil || comesFrom(list) != "" {
		return
	}
	auth := false
	for _, filter := range list.Each() {
		name := filter.Get("name").Text()
		kind := snake(filter, "typed_config").Get("@type").Text()
		if filter.Template || strings.HasSuffix(kind, ".cors.v3.Cors") || name == "envoy.filters.http.cors" || name == "envoy.cors" {
			if auth {
				e.fault(envoyFilterLate, filter.Span, "")
			}
			return
		}
		auth = auth || slices.Contains(envoyAuth, name)
	}
	e.fault(envoyFilterMissing, n.Span, "")
}
