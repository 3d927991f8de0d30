package stacks

import (
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
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
	table := sync.OnceValue(func() *partTable { return traefikTable(t) })
	return readConf(t, confFiles, markers, traefikCommon, func(f *confFile, at *conftree.At) {
		switch {
		case at.Key == "headers" && at.Is(conftree.Map):
			f.traefikHeaders(at, table)
		case at.Key == "labels":
			f.traefikLabels(at, table)
		}
	})
}

// traefikHeaders reads a middleware of a file, if it sets CORS headers.
func (f *confFile) traefikHeaders(at *conftree.At, table func() *partTable) {
	set, custom := traefikSettings(at.Node)
	if !setsTraefikCORS(set, custom) {
		return
	}
	name := at.Parent().Key
	if name == "spec" {
		name = at.Parent().Parent().Get("metadata", "name").Text()
	}
	s := &traefikSite{confSite: f.site(strings.TrimSpace("middleware "+name), at.Node), set: set, custom: custom}
	s.place(table(), at.Start)
	s.read()
	s.finish()
}

// traefikSettings returns the settings of headers, and the headers of answers that
// are set by hand, by names in lower case.
func traefikSettings(headers *conftree.Node) (set, custom map[string]*conftree.Node) {
	set, custom = map[string]*conftree.Node{}, map[string]*conftree.Node{}
	for _, p := range headers.Fields() {
		set[strings.ToLower(p.Key)] = p.Value
	}
	for _, p := range set["customresponseheaders"].Fields() {
		custom[strings.ToLower(p.Key)] = p.Value
	}
	return set, custom
}

// place says for which routers a middleware is, which begins at an offset.
func (s *traefikSite) place(t *partTable, start int) {
	s.setParts(t, func(p *served) bool { return p.is(s.File.Name, start) })
	if len(s.Parts) > 0 && !slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Path != s.Parts[0].Path }) {
		s.Path = s.Parts[0].Path
	}
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
