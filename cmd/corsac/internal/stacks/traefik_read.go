package stacks

import (
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

var traefikSource = &Source{
	Files: confFiles,
	Rules: []*Rule{
		traefikCommon.reflects, traefikCommon.wildcard, traefikCommon.wildcardNames, traefikCommon.unanchored, traefikCommon.wide, traefikCommon.null, traefikCommon.glob,
		traefikCommon.never, traefikCommon.literal, traefikCommon.unreadable,
		traefikDollar, traefikComma, traefikConstant, traefikNobody, traefikCommon.vary, traefikKept,
	},
	Read: readTraefik,
}

var traefikCommon = commonRulesOf("traefik", "Traefik")

var traefikRule = ruleMaker("traefik").rule

var (
	traefikDollar = traefikRule("single-dollar", finding.Error, "",
		"A $ in a label must be written twice",
		"Compose reads $ as the beginning of a variable: it refuses the file, or puts something else there.",
		"Write $$.")
	traefikComma = traefikRule("comma-in-expression", finding.Error, "origin-not-allowed",
		"A comma ends the expression",
		"In labels, commas separate the expressions of a list, also within {1,3}.",
		"Write the expression without a comma, or move the middleware to a file.")
	traefikConstant = traefikRule("constant-header", finding.Warning, "preflight-without-cors-headers",
		"CORS headers are set as constants",
		"customResponseHeaders sends them to every origin, and the middleware does not answer preflights, so those reach the service.",
		"Use accessControlAllowOriginList and the settings beside it.")
	traefikNobody = traefikRule("no-origin", finding.Error, "no-cors-headers",
		"No origin is allowed",
		"Without accessControlAllowOriginList or -Regex, the middleware answers preflights, but without Access-Control-Allow-Origin, so that browsers block every request that needs one.",
		"List the origins of your pages in accessControlAllowOriginList, or delete the other accessControl settings.")
	traefikKept = traefikRule("upstream-header-kept", finding.Warning, "",
		"A header of the service reaches origins that are refused",
		"Traefik replaces Access-Control-Allow-Origin of the service for allowed origins only.",
		`Set it to "" in customResponseHeaders of the middleware.`)
)

// readTraefik returns the middlewares with CORS headers in files of Traefik and
// of Kubernetes, and in labels of Compose files.
func readTraefik(t *source.Tree) []*Site {
	markers := []string{"accessControlAllow", "customResponseHeaders"}
	return readConf(t, confFiles, markers, traefikCommon, func(f *confFile, at *conftree.At) {
		switch {
		case at.Key == "headers" && at.Is(conftree.Map):
			f.traefikHeaders(at)
		case at.Key == "labels":
			f.traefikLabels(at)
		}
	})
}

// traefikHeaders reads a middleware of a file, if it sets CORS headers.
func (f *confFile) traefikHeaders(at *conftree.At) {
	set := map[string]*conftree.Node{}
	for _, p := range at.Pairs {
		set[strings.ToLower(p.Key)] = p.Value
	}
	custom := map[string]*conftree.Node{}
	for _, p := range at.Fold("customResponseHeaders").Fields() {
		custom[strings.ToLower(p.Key)] = p.Value
	}
	if !setsTraefikCORS(set, custom) {
		return
	}
	name := at.Parent().Key
	if name == "spec" {
		name = at.Parent().Parent().Get("metadata", "name").Text()
	}
	s := &traefikSite{confSite: f.site(strings.TrimSpace("middleware "+name), at.Node), set: set, custom: custom}
	if part := traefikRoute(at, name); part.Upstream != "" || part.Path != "" {
		s.Path, s.Upstream, s.Parts = part.Path, part.Upstream, []Part{part}
	}
	s.read()
	s.finish()
}

func setsTraefikCORS(set, custom map[string]*conftree.Node) bool {
	for name := range set {
		if strings.HasPrefix(name, "accesscontrol") {
			return true
		}
	}
	for name, value := range custom {
		if strings.HasPrefix(name, "access-control-") && value.Text() != "" {
			return true
		}
	}
	return false
}

// traefikRoute returns the part that is the only router that uses a middleware.
func traefikRoute(at *conftree.At, middleware string) (part Part) {
	http := at.Parent().Parent().Parent()
	var users []*conftree.Node
	for _, p := range http.Get("routers").Fields() {
		if slices.ContainsFunc(p.Value.Get("middlewares").Each(), func(m *conftree.Node) bool {
			name, _, _ := strings.Cut(m.Text(), "@")
			return name == middleware
		}) {
			users = append(users, p.Value)
		}
	}
	if len(users) != 1 {
		return part
	}
	service := http.Get("services", users[0].Get("service").Text(), "loadBalancer")
	part.PreserveHost = service.Get("passHostHeader").Text() != "false"
	servers := service.Get("servers").Each()
	if len(servers) == 1 && comesFrom(servers[0].Get("url")) == "" {
		part.Upstream = servers[0].Get("url").Text()
	}
	rule := users[0].Get("rule").Text()
	if m := traefikPrefix.FindStringSubmatch(rule); m != nil {
		part.Path = m[1]
	}
	if m := traefikHost.FindStringSubmatch(rule); m != nil {
		part.Host = strings.ToLower(m[1])
	}
	if rule != "" && !traefikPlain.MatchString(rule) {
		part.Match = "rule " + rule
	}
	for _, m := range users[0].Get("middlewares").Each() {
		if name, _, _ := strings.Cut(m.Text(), "@"); name != middleware && part.Barrier == "" {
			part.Barrier = traefikGuard(name, http.Get("middlewares", name))
		}
	}
	return part
}

// traefikGuard says why no other server may forward the requests that a middleware
// has; "" if there is no reason.
func traefikGuard(name string, middleware *conftree.Node) string {
	kind := "is not in the file"
	for _, p := range middleware.Fields() {
		if slices.Contains([]string{"compress", "buffering", "retry", "circuitBreaker", "contentType"}, p.Key) {
			return ""
		}
		kind = "is " + p.Key
	}
	return "its middleware " + name + " " + kind + ", and is not carried over"
}

// traefikPrefix matches a rule with one prefix.
var traefikPrefix = lazyregexp.New("^[^|]*PathPrefix\\(`(/[^`]+)`\\)[^|]*$")

// traefikHost matches a rule with one host, and traefikPlain one of matchers that a
// route can say.
var (
	traefikHost  = lazyregexp.New("^[^|]*Host\\(`([^`*{}]+)`\\)[^|]*$")
	traefikPlain = lazyregexp.New("^[ (]*(?:Host|PathPrefix)\\(`[^`]*`\\)(?:[ )]*&&[ (]*(?:Host|PathPrefix)\\(`[^`]*`\\))*[ )]*$")
)

// traefikSite is a middleware while it is read.
type traefikSite struct {
	*confSite

	set, custom map[string]*conftree.Node // by names in lower case
	separator   string                    // of lists
}

func (s *traefikSite) read() {
	s.allowCredentials(s.set["accesscontrolallowcredentials"])
	for _, p := range s.partsOf("allow_origins", s.set["accesscontrolalloworiginlist"], s.separator) {
		if p.text == "*" {
			s.anyOrigin(p.at)
		} else {
			s.exact(p)
		}
	}
	for _, p := range s.partsOf("allow_origins", s.set["accesscontrolalloworiginlistregex"], s.separator) {
		if s.separator != "" && strings.Count(p.text, "{") != strings.Count(p.text, "}") {
			s.fault(traefikComma, p.at, "")
			s.remark(Lost, "allow_origins", "The expression ends at a comma: "+p.text+".", p.at)
			continue
		}
		s.expression(p, MatchSearch)
	}
	s.names("allow_methods", s.set["accesscontrolallowmethods"], s.separator)
	s.names("allow_headers", s.set["accesscontrolallowheaders"], s.separator)
	s.names("expose_headers", s.set["accesscontrolexposeheaders"], s.separator)
	s.maxAge(s.set["accesscontrolmaxage"])
	s.constants()
	origin := s.custom["access-control-allow-origin"]
	if s.set["accesscontrolalloworiginlist"] == nil && s.set["accesscontrolalloworiginlistregex"] == nil && origin.Text() == "" {
		s.fault(traefikNobody, s.Span, "")
		s.remark(Lost, "allow_origins", "The middleware allows no origin.", s.Span)
		return
	}
	if vary := s.set["addvaryheader"]; !s.everyone && origin.Text() == "" && !s.flag("", vary) && comesFrom(vary) == "" {
		s.fault(s.vary, s.varyAt(vary), "", s.varyEdits(vary)...)
	}
	if origin == nil && !s.everyone {
		s.fault(traefikKept, s.Span, "")
	}
}

// constants reads headers that are set by hand.
func (s *traefikSite) constants() {
	origins := s.custom["access-control-allow-origin"]
	if origins.Text() == "" {
		return
	}
	s.fault(traefikConstant, origins.Span, "")
	if !s.credentials {
		s.allowCredentials(s.custom["access-control-allow-credentials"])
	}
	for _, p := range s.partsOf("allow_origins", origins, "") {
		if p.text == "*" {
			s.anyRefused(p.at)
		} else {
			s.exact(p)
		}
	}
	s.names("allow_methods", s.custom["access-control-allow-methods"], ",")
	s.names("allow_headers", s.custom["access-control-allow-headers"], ",")
	s.names("expose_headers", s.custom["access-control-expose-headers"], ",")
	s.maxAge(s.custom["access-control-max-age"])
}

// varyAt returns where Vary is switched off, or the whole.
func (s *traefikSite) varyAt(vary *conftree.Node) source.Span {
	if vary == nil {
		return s.Span
	}
	return vary.Span
}

// varyEdits returns the edits that make Traefik send Vary.
func (s *traefikSite) varyEdits(vary *conftree.Node) []source.Edit {
	if at, ok := vary.Literal(); ok && strings.EqualFold(vary.Text(), "false") && s.separator == "" {
		return []source.Edit{{Span: at, New: "true"}}
	}
	first := s.first()
	if vary != nil || first < 0 || s.separator != "" {
		return nil
	}
	start := s.File.LineStart(first)
	if strings.TrimSpace(s.File.Text[start:first]) != "" {
		return nil // a list or braces in one line
	}
	return []source.Edit{source.Insert(first, "addVaryHeader: true"+s.File.NewLine()+s.File.Text[start:first])}
}

// first returns where the first setting stands, if it is a line of its own in
// block style; -1 otherwise.
func (s *traefikSite) first() int {
	if strings.HasPrefix(s.File.Text[s.Start:], "{") {
		return -1
	}
	return s.Start
}

// traefikLabel matches a label for a middleware; Compose has no list of headers.
var traefikLabel = lazyregexp.New(`(?i)^traefik\.http\.middlewares\.([^.=]+)\.headers\.([^=]+)$`)

// traefikLabels reads the middlewares of the labels of a service: a list of
// texts with =, or a map.
func (f *confFile) traefikLabels(at *conftree.At) {
	byName := map[string]*traefikSite{}
	span := at.Span
	for _, l := range labelsOf(at.Node) {
		m := traefikLabel.FindStringSubmatch(l.name)
		if m == nil {
			continue
		}
		s := byName[m[1]]
		if s == nil {
			s = &traefikSite{set: map[string]*conftree.Node{}, custom: map[string]*conftree.Node{}, separator: ","}
			s.confSite = &confSite{Site: &Site{Title: "middleware " + m[1], File: f.file, Span: span}, commonRules: f.common, conf: f, done: map[string]bool{}, dollar: "$$"}
			byName[m[1]] = s
		}
		key := strings.ToLower(m[2])
		if header, ok := strings.CutPrefix(key, "customresponseheaders."); ok {
			s.custom[header] = s.unescape(l.value)
		} else {
			s.set[key] = s.unescape(l.value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		s := byName[name]
		if !setsTraefikCORS(s.set, s.custom) {
			continue
		}
		s.Span = s.labelSpan(span)
		f.sites = append(f.sites, s.Site)
		s.read()
		s.finish()
	}
}

// labelSpan returns from where to where the labels of a middleware go.
func (s *traefikSite) labelSpan(whole source.Span) source.Span {
	span := source.Span{Start: whole.End, End: whole.Start}
	for _, m := range []map[string]*conftree.Node{s.set, s.custom} {
		for _, n := range m {
			span.Start, span.End = min(span.Start, n.Start), max(span.End, n.End)
		}
	}
	return span
}

// label is a label of a service.
type label struct {
	name  string
	value *conftree.Node
}

func labelsOf(n *conftree.Node) (labels []label) {
	for _, p := range n.Fields() {
		labels = append(labels, label{p.Key, p.Value})
	}
	if !n.Is(conftree.List) {
		return labels
	}
	for _, item := range n.Items {
		if name, _, ok := strings.Cut(item.Text(), "="); ok {
			labels = append(labels, label{name, item.Slice(len(name)+1, len(item.Value))})
		}
	}
	return labels
}

// unescape returns a value without the second $ of each two. Compose reads a
// single one as a variable.
func (s *traefikSite) unescape(n *conftree.Node) *conftree.Node {
	if !strings.Contains(n.Text(), "$") || n.Template {
		return n
	}
	c := *n
	single := -1
	for i := 0; i < len(n.Value); i++ {
		if n.Value[i] != '$' {
			continue
		}
		if i+1 < len(n.Value) && n.Value[i+1] == '$' {
			i++
			continue
		}
		next := byte(' ')
		if i+1 < len(n.Value) {
			next = n.Value[i+1]
		}
		if next == '{' || next == '_' || next|0x20 >= 'a' && next|0x20 <= 'z' {
			c.Template = true // a variable
			return &c
		}
		single = i
	}
	if single >= 0 {
		var edits []source.Edit
		at := n.Part(single, single+1)
		if _, ok := n.Literal(); ok && strings.Count(n.Value, "$") == 1 {
			edits = append(edits, source.Insert(at.Start, "$"))
		}
		s.fault(traefikDollar, at, "", edits...)
	}
	return c.WithValue(strings.ReplaceAll(n.Value, "$$", "$"))
}
