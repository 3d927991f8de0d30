package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// springKey is a property, as the parts of its name.
type springKey struct {
	parts []string
	at    source.Span
	value *conftree.Node
}

// maxKeys is how many properties of a file are read.
const maxKeys = 20_000

// springKeys returns the properties of a document: Spring makes one name of the
// keys in YAML.
func springKeys(root *conftree.Node) (keys []springKey) {
	var walk func(n *conftree.Node, prefix []string, at source.Span, depth int)
	walk = func(n *conftree.Node, prefix []string, at source.Span, depth int) {
		if len(keys) >= maxKeys || depth > 50 {
			return
		}
		isList := n.Is(conftree.List) && slices.ContainsFunc(n.Items, func(item *conftree.Node) bool { return item.Is(conftree.Map) })
		switch {
		case n.Is(conftree.Map):
			for _, p := range n.Pairs {
				walk(p.Value, append(slices.Clip(prefix), keyParts(p.Key)...), p.At, depth+1)
			}
		case isList:
			for _, item := range n.Items {
				walk(item, append(slices.Clip(prefix), "[]"), item.Span, depth+1)
			}
		default:
			keys = append(keys, springKey{prefix, at, n})
		}
	}
	walk(root, nil, source.Span{}, 0)
	return keys
}

// keyParts splits a key at dots outside of brackets, and at brackets.
func keyParts(key string) (parts []string) {
	for key != "" {
		end := strings.IndexAny(key, ".[")
		switch {
		case end < 0:
			return append(parts, key)
		case key[end] == '.':
			parts = append(parts, key[:end])
			key = key[end+1:]
			continue
		case end > 0:
			parts = append(parts, key[:end])
			key = key[end:]
			continue
		}
		closed := strings.IndexByte(key, ']')
		if closed < 0 {
			return append(parts, key)
		}
		parts = append(parts, key[:closed+1])
		key = strings.TrimPrefix(key[closed+1:], ".")
	}
	return parts
}

// relaxed returns a part of a name as Spring compares it.
func relaxed(part string) string {
	if strings.HasPrefix(part, "[") {
		return "[]"
	}
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(part))
}

// springGroup is a set of properties for CORS.
type springGroup struct {
	title, path string
	// ageByDefault says that the maximum age is 30 minutes if none is given.
	ageByDefault bool
	actuator     bool
	keys         []springKey
}

// groupOf returns what a property belongs to, by the part of its name before the
// last; ok is false if it is not one for CORS.
func groupOf(k *springKey) (g springGroup, ok bool) {
	if len(k.parts) < 3 {
		return g, false
	}
	parts := k.parts[:len(k.parts)-1]
	names := make([]string, len(parts))
	for i, part := range parts {
		names[i] = relaxed(part)
	}
	last := parts[len(parts)-1]
	switch name := strings.Join(names, "."); {
	case name == "management.endpoints.web.cors":
		return springGroup{title: "management.endpoints.web.cors", path: "/actuator/", ageByDefault: true, actuator: true}, true
	case name == "spring.graphql.cors":
		return springGroup{title: "spring.graphql.cors", path: "/graphql", ageByDefault: true}, true
	case !strings.HasPrefix(name, "spring.cloud.gateway."):
	case slices.Contains(names, "globalcors") && slices.Contains(names, "corsconfigurations") && names[len(names)-1] != "corsconfigurations":
		pattern := strings.Trim(last, "[]")
		return springGroup{title: "globalcors " + pattern, path: prefixOf(pattern)}, true
	case strings.HasSuffix(name, ".routes.[].metadata.cors"):
		return springGroup{title: "the route's metadata cors"}, true
	}
	return g, false
}

// isSpringSetting reports whether a name is that of a setting.
func isSpringSetting(name string) bool { return springSettings[relaxed(name)] != "" }

// readSpringSettings reads the files of properties and of YAML.
func readSpringSettings(t *source.Tree, p *springProject) []*Site {
	return readConf(t, springProperties, []string{"cors"}, springCommon, func(f *confFile, at *conftree.At) {
		if at.Up != nil {
			return
		}
		var groups []*springGroup
		byName := map[string]*springGroup{}
		base := ""
		for _, k := range springKeys(at.Node) {
			full := strings.Join(k.parts, ".")
			if relaxed(full) == "management.endpoints.web.basepath" {
				base = k.value.Text()
			}
			g, ok := groupOf(&k)
			if !ok || !isSpringSetting(k.parts[len(k.parts)-1]) {
				f.noSuchProperty(&k, p)
				continue
			}
			name := g.title
			if slices.Contains(k.parts, "[]") {
				name = f.file.Name + " " + g.title // each route has its own metadata
				if len(groups) > 0 && sharesSetting(groups[len(groups)-1], &k) {
					delete(byName, name)
				}
			}
			if byName[name] == nil {
				byName[name] = &g
				groups = append(groups, &g)
			}
			byName[name].keys = append(byName[name].keys, k)
		}
		for _, g := range groups {
			if g.actuator && strings.HasPrefix(base, "/") {
				g.path = strings.TrimSuffix(base, "/") + "/"
			}
			f.springGroup(g)
		}
	})
}

// sharesSetting reports whether a group has a setting already.
func sharesSetting(g *springGroup, k *springKey) bool {
	return slices.ContainsFunc(g.keys, func(have springKey) bool {
		return relaxed(have.parts[len(have.parts)-1]) == relaxed(k.parts[len(k.parts)-1])
	})
}

// springProperties are the names of files with properties.
var springProperties = []string{"application*.yml", "application*.yaml", "application*.properties", "bootstrap*.yml", "bootstrap*.yaml", "bootstrap*.properties"}

// noSuchProperty reports a property that looks as if Spring had it, unless the
// code of the project reads it.
func (f *confFile) noSuchProperty(k *springKey, p *springProject) {
	if len(k.parts) < 4 || !isSpringSetting(k.parts[len(k.parts)-1]) {
		return
	}
	name := strings.Join(k.parts, ".")
	switch relaxed(strings.Join(k.parts[:3], ".")) {
	case "spring.web.cors", "spring.mvc.cors", "spring.webflux.cors", "spring.security.cors":
	default:
		return
	}
	for _, code := range p.files {
		if strings.Contains(code.file.Text, strings.Join(k.parts[:3], ".")) {
			return
		}
	}
	s := f.site(name, &conftree.Node{Span: source.Span{Start: k.at.Start, End: max(k.at.End, k.value.End)}})
	s.fault(springNoProperty, k.at, "")
}

// springGroup adds a site for a set of properties.
func (f *confFile) springGroup(g *springGroup) {
	span := g.keys[0].at
	for _, k := range g.keys {
		span.Start, span.End = min(span.Start, k.at.Start), max(span.End, k.at.End, k.value.End)
	}
	s := f.site(shorten(g.title), &conftree.Node{Span: span})
	s.Path = g.path
	c := &springConfig{defaults: g.ageByDefault, reads: g.actuator}
	for _, k := range g.keys {
		c.property(s, springSettings[relaxed(k.parts[len(k.parts)-1])], k.value)
	}
	if g.actuator && !c.origins.given && !c.patterns.given {
		s.remark(Lost, "allow_origins", "Without allowed origins, the actuator sends no CORS headers.", s.Span)
		s.Draft.Sort()
		return
	}
	c.apply(s)
	if g.actuator && s.everyone {
		s.fault(springActuator, s.start(), "")
	}
	s.finish()
}

// property carries out a property.
func (c *springConfig) property(s *confSite, setting string, n *conftree.Node) {
	switch setting {
	case "", "permit":
	case "private":
		s.remark(Lost, "", noPrivateNetwork, n.Span)
	case "credentials":
		if s.flag("allow_credentials", n) {
			c.credentials = &n.Span
		}
	case "age":
		c.aged = true
		s.maxAge(n)
	default:
		separator := ","
		if setting == "patterns" {
			separator = ""
		}
		before := len(s.Draft.Remarks)
		parts := s.partsOf(springField(setting), n, separator)
		c.put(strings.TrimPrefix(setting, "+"), parts, len(s.Draft.Remarks) == before)
	}
}
