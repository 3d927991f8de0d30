package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
	"github.com/corsac-dev/corsac/origin"
)

var kongSource = &Source{
	Files: confFiles,
	Rules: []*Rule{
		kongCommon.reflects, kongCommon.wide, kongCommon.null, kongHostOnly, kongCommon.glob, kongCommon.never, kongCommon.unreadable,
		kongConstant, kongContinue, kongHeaders,
	},
	Read: readKong,
}

var kongCommon = commonRulesOf("kong", "Kong")

func kongRule(id, cause, title, why, fix string) *Rule {
	return ruleMaker("kong").rule(id, finding.Warning, cause, title, why, fix)
}

var (
	kongHostOnly = kongRule("host-only", "",
		"Only the host is compared",
		"An entry without a colon is compared with the host of the origin: plain http pages of it and all its ports are allowed, too.",
		"Write the whole origin, such as https://app.example.com.")
	kongConstant = kongRule("constant-origin", "acao-other-origin",
		"One plain origin is sent to everybody",
		"With a single plain origin, Kong does not look at the request: pages of other origins are refused by the browser, and see that origin in the console.",
		`Write it as an expression: ^https://app\.example\.com$.`)
	kongContinue = kongRule("preflight-continues", "preflight-not-routed",
		"Preflights go on to the service",
		"With preflight_continue, the service must answer OPTIONS itself, without the plugin's lists.",
		"Set preflight_continue: false.")
	kongHeaders = kongRule("headers-reflected", "",
		"Every request header is allowed",
		"Without headers, Kong repeats what a preflight asks for.",
		"List the headers that your pages send.")
)

// readKong returns the cors plugins of declarative configurations, and of
// Kubernetes.
func readKong(t *source.Tree) []*Site {
	tables := map[*conftree.Node]*partTable{}
	return readConf(t, confFiles, []string{"cors"}, kongCommon, func(f *confFile, at *conftree.At) {
		declared := at.Get("name").Text() == "cors" && isPluginList(at)
		resource := strings.HasPrefix(at.Get("kind").Text(), "Kong") && at.Get("plugin").Text() == "cors"
		if !at.Is(conftree.Map) || !declared && !resource {
			return
		}
		k := &kongSite{f.site("cors plugin", at.Node)}
		if resource {
			k.Title += " " + at.Get("metadata", "name").Text()
		}
		k.place(at, tables)
		if on := at.Get("enabled"); on.Text() == "false" {
			k.remark(Lost, "", "The plugin is switched off.", on.Span)
		} else {
			k.read(at.Get("config"))
		}
		k.finish()
	})
}

// isPluginList reports whether something stands in a list of plugins, or is all
// that there is of one.
func isPluginList(at *conftree.At) bool {
	return at.Key == "" && at.Parent().Key == "plugins" || at.Up == nil && at.Get("config") != nil
}

// kongSite is a plugin while it is read.
type kongSite struct{ *confSite }

func (s *kongSite) read(config *conftree.Node) {
	s.allowCredentials(config.Get("credentials"))
	s.origins(config.Get("origins"))
	if methods := config.Get("methods"); methods.Is(conftree.Null) || methods == nil {
		s.byDefault("allow_methods", "PUT", "PATCH", "DELETE", "OPTIONS") // and others that browsers never send
	} else {
		s.names("allow_methods", methods, "")
	}
	s.headers(config.Get("headers"))
	s.names("expose_headers", config.Get("exposed_headers"), "")
	s.maxAge(config.Get("max_age"))
	if pass := config.Get("preflight_continue"); pass.Text() == "true" {
		s.fault(kongContinue, pass.Span, "")
	}
}

// headers reads the list of request headers. A list of only Accept is that of
// corsac generate for none.
func (s *kongSite) headers(n *conftree.Node) {
	list := n.Each()
	switch {
	case len(list) == 0 && comesFrom(n) == "":
		s.fault(kongHeaders, s.Span, "")
		s.byDefault("allow_headers", "*", "Authorization")
	case len(list) == 1 && strings.EqualFold(list[0].Text(), "Accept"):
	default:
		s.names("allow_headers", n, "")
	}
}

func (s *kongSite) origins(n *conftree.Node) {
	parts := s.partsOf("allow_origins", n, "")
	if i := slices.IndexFunc(parts, func(p part) bool { return p.text == "*" }); i >= 0 {
		s.anyOrigin(parts[i].at)
		return
	}
	if len(n.Each()) == 0 {
		if s.credentials {
			s.anyOrigin(s.Span)
		} else {
			s.everyone = true
			s.byDefault("allow_origins", "*")
		}
		return
	}
	for _, p := range parts {
		s.origin(p, len(n.Each()) == 1)
	}
}

// kongPlain are the bytes of origins that Kong does not take for expressions,
// besides letters and digits.
const kongPlain = ".:/-"

// origin is about an entry of the list, which may be the only one.
func (s *kongSite) origin(p part, single bool) {
	plain := strings.Trim(strings.ToLower(p.text), "abcdefghijklmnopqrstuvwxyz0123456789"+kongPlain) == ""
	switch {
	case !strings.Contains(p.text, ":"):
		s.hostOnly(p, plain)
	case plain:
		s.exact(p)
		if single {
			s.fault(kongConstant, p.at, "")
		}
	default:
		s.expression(p, MatchWhole)
	}
}

// hostOnly is about an entry that is compared with hosts.
func (s *kongSite) hostOnly(p part, plain bool) {
	s.fault(kongHostOnly, p.at, "")
	if o, err := origin.Parse("https://" + p.text); err == nil && plain {
		s.remark(Differs, "allow_origins", "Only https://"+p.text+" is carried over; Kong also allows other schemes and ports.", p.at)
		s.entry("allow_origins", o.String(), p.at)
		return
	}
	if _, err := ReadExpression(p.text, MatchWhole); err != nil {
		s.fault(s.unreadable, p.at, "")
		s.remark(Lost, "allow_origins", "The expression is not one that corsac can read.", p.at)
		return
	}
	x, _ := ReadExpression("https://(?:"+strings.TrimSuffix(strings.TrimPrefix(p.text, "^"), "$")+")", MatchWhole)
	s.remark(Differs, "allow_origins", "The expression is for hosts; only https is carried over.", p.at)
	x.each(func(field, value string) { s.entry(field, value, p.at) })
}
