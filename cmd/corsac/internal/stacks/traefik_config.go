package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// traefikConfig is all of Traefik's configuration in a tree.
type traefikConfig struct {
	routers     []traefikRoute
	named       map[string][]traefikNamed   // by kind, provider and name
	entryPoints map[string][]*conftree.Node // by name
	// left is how many more names and settings are read. Below 0, not all that guards
	// a router is known.
	left int
}

// traefikPiece is what has names of its own: a file, the labels of a service of
// Compose, or an object of Kubernetes.
type traefikPiece struct {
	file *source.File
	// provider is the one that names in it are of.
	provider string
	// namespace is that of Kubernetes; "" if it is not known.
	namespace string
	// container is the service of Compose that has the labels.
	container string
	// services are the names of those that the piece has.
	services []string
}

// The providers of Traefik that are read.
const (
	traefikFile   = "file"
	traefikDocker = "docker"
	traefikObject = "kubernetescrd"
)

// traefikNamed is something with a name: a router, middleware, service or TLS
// options.
type traefikNamed struct {
	*traefikPiece
	*conftree.Node
}

// traefikRef is a name that something has for something else.
type traefikRef struct {
	*traefikPiece

	name string
}

// bare returns the name without its provider.
func (r *traefikRef) bare() string {
	name, _, _ := strings.Cut(r.name, "@")
	return name
}

// traefikRoute is a router.
type traefikRoute struct {
	*traefikPiece

	title               string
	rule, priority, tls *conftree.Node
	middlewares         []traefikRef
	entryPoints         []string
	// service is the name of where requests go. backends are those of an object of
	// Kubernetes, which has no name for them.
	service  *conftree.Node
	backends []*conftree.Node
	// several says that the router is in more than one place.
	several bool
}

// traefikKey is what something is known by.
func traefikKey(kind, provider, name string) string {
	return kind + "/" + provider + "/" + strings.ToLower(name)
}

// add adds something with a name.
func (c *traefikConfig) add(piece *traefikPiece, kind, name string, n *conftree.Node) {
	key := traefikKey(kind, piece.provider, name)
	c.named[key] = append(c.named[key], traefikNamed{piece, n})
}

// find returns what a name stands for: what is nearest to the place that has it.
func (c *traefikConfig) find(kind string, ref traefikRef) (found []traefikNamed) {
	const longest = 600 // of a name and a namespace, 253 each, and a provider
	if c.left--; c.left < 0 || len(ref.name) > longest {
		return nil
	}
	name, provider, qualified := strings.Cut(ref.name, "@")
	if !qualified {
		provider = ref.provider
	}
	if provider == "swarm" {
		provider = traefikDocker
	}
	near := -1
	take := func(list []traefikNamed, namespace string) {
		c.left -= len(list)
		for _, n := range list {
			rank := 0
			switch {
			case n.namespace != "" && namespace != "" && n.namespace != namespace:
				continue
			case n.traefikPiece == ref.traefikPiece:
				rank = 2
			case n.file == ref.file:
				rank = 1
			}
			if rank > near {
				found, near = nil, rank
			}
			if rank == near {
				found = append(found, n)
			}
		}
	}
	take(c.named[traefikKey(kind, provider, name)], ref.namespace)
	for i := range name { // namespace-name@kubernetescrd
		if qualified && provider == traefikObject && name[i] == '-' {
			take(c.named[traefikKey(kind, provider, name[i+1:])], name[:i])
		}
	}
	return found
}

// traefikWords are those that files of Traefik have at least one of.
var traefikWords = []string{"traefik", "routers", "middlewares", "entrypoints"}

// readTraefikConfig reads all of Traefik's configuration in a tree.
func readTraefikConfig(t *source.Tree) *traefikConfig {
	c := &traefikConfig{named: map[string][]traefikNamed{}, entryPoints: map[string][]*conftree.Node{}, left: maxKept}
	wanted := func(text string) bool {
		lower := strings.ToLower(text)
		return slices.ContainsFunc(traefikWords, func(w string) bool { return strings.Contains(lower, w) })
	}
	for _, f := range t.Files(confFiles...) {
		if !wanted(f.Text) {
			continue
		}
		for _, doc := range conftree.Read(f.Name, f.Text, wanted) {
			c.settings(&traefikPiece{file: f, provider: traefikFile}, doc.Root)
			for _, p := range doc.Root.Get("services").Fields() {
				c.compose(&traefikPiece{file: f, provider: traefikDocker, container: p.Key}, p.Value)
			}
		}
	}
	for _, m := range manifests(t) {
		c.object(&m)
	}
	c.count()
	return c
}

// settings reads a file, or labels as one.
func (c *traefikConfig) settings(piece *traefikPiece, root *conftree.Node) {
	for _, p := range root.Fold("entryPoints").Fields() {
		name := strings.ToLower(p.Key)
		c.entryPoints[name] = append(c.entryPoints[name], p.Value)
	}
	http := root.Fold("http")
	for _, kind := range []string{"routers", "middlewares", "services"} {
		for _, p := range http.Fold(kind).Fields() {
			c.add(piece, kind, p.Key, p.Value)
			switch kind {
			case "routers":
				c.router(piece, p.Key, p.Value)
			case "services":
				piece.services = append(piece.services, p.Key)
			}
		}
	}
	for _, p := range root.Fold("tls", "options").Fields() {
		c.add(piece, "options", p.Key, p.Value)
	}
}

// addRouter adds a router. Of more than there may be parts, none has a route.
func (c *traefikConfig) addRouter(r traefikRoute) {
	if len(c.routers) <= maxParts {
		c.routers = append(c.routers, r)
	}
}

// router adds a router of a file or of labels.
func (c *traefikConfig) router(piece *traefikPiece, name string, n *conftree.Node) {
	r := traefikRoute{traefikPiece: piece, title: "router " + name, rule: n.Fold("rule"), priority: n.Fold("priority"), tls: n.Fold("tls"), service: n.Fold("service")}
	r.middlewares = c.refsOf(piece, n.Fold("middlewares"))
	r.entryPoints = c.entryPointsOf(n.Fold("entryPoints"))
	if r.rule == nil {
		r.rule = &conftree.Node{Span: n.Span}
	}
	c.addRouter(r)
}

// namesOf returns a list of names, or those that commas separate in a text.
func (c *traefikConfig) namesOf(n *conftree.Node) (names []string) {
	for _, item := range n.Each() {
		for name := range strings.SplitSeq(item.Text(), ",") {
			if c.left--; c.left < 0 {
				return names
			}
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// entryPointsOf returns the names of entry points, or nil, which stands for all of
// them, if there are too many.
func (c *traefikConfig) entryPointsOf(n *conftree.Node) []string {
	const most = 50
	names := c.namesOf(n)
	if len(names) > most {
		return nil
	}
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	return names
}

// refsOf returns the names of middlewares; an object has a map for each.
func (c *traefikConfig) refsOf(piece *traefikPiece, n *conftree.Node) (refs []traefikRef) {
	for _, item := range n.Each() {
		if c.left < 0 {
			break
		}
		if item.Is(conftree.Map) {
			c.left--
			refs = append(refs, objectRef(piece, item))
			continue
		}
		for _, name := range c.namesOf(item) {
			refs = append(refs, traefikRef{piece, name})
		}
	}
	return refs
}

// compose reads the labels of a service, and the arguments and the environment of
// Traefik itself.
func (c *traefikConfig) compose(piece *traefikPiece, service *conftree.Node) {
	all := []*conftree.Node{service.Get("labels"), service.Get("deploy", "labels"), service.Get("command"), service.Get("environment")}
	for _, n := range all {
		if c.left -= len(n.Fields()) + len(n.Each()); c.left < 0 {
			return
		}
	}
	labels := slices.Concat(labelsOf(all[0]), labelsOf(all[1]))
	if tree := labelTree(labels, "traefik."); !strings.EqualFold(tree.Fold("enable").Text(), "false") {
		c.settings(piece, tree)
	}
	c.settings(piece, labelTree(argumentsOf(all[2]), "--"))
	variables := labelsOf(all[3])
	for i := range variables {
		variables[i].name = strings.ReplaceAll(variables[i].name, "_", ".")
	}
	c.settings(piece, labelTree(variables, "traefik."))
}

// count finds the routers that are in more than one place. Those of Kubernetes have
// no names.
func (c *traefikConfig) count() {
	places := map[string]int{}
	for i := range c.routers {
		if r := &c.routers[i]; r.provider != traefikObject {
			places[traefikKey("routers", r.provider, r.title)]++
		}
	}
	for i := range c.routers {
		r := &c.routers[i]
		r.several = places[traefikKey("routers", r.provider, r.title)] > 1
	}
}

// object reads an object of Kubernetes.
func (c *traefikConfig) object(m *manifest) {
	piece := &traefikPiece{file: m.file, provider: traefikObject, namespace: m.Get("metadata", "namespace").Text()}
	spec := m.Get("spec")
	switch {
	case m.is("Middleware"):
		c.add(piece, "middlewares", m.name(), spec)
	case m.is("TLSOption"):
		c.add(piece, "options", m.name(), spec)
	case m.is("IngressRoute"):
		for _, n := range spec.Get("routes").Each() {
			r := traefikRoute{traefikPiece: piece, title: "IngressRoute " + m.name(), rule: n.Get("match"), priority: n.Get("priority"), tls: spec.Get("tls"), backends: n.Get("services").Each()}
			r.middlewares = c.refsOf(piece, n.Get("middlewares"))
			r.entryPoints = c.entryPointsOf(spec.Get("entryPoints"))
			if r.rule == nil {
				r.rule = &conftree.Node{Span: n.Span}
			}
			c.addRouter(r)
		}
	case m.is("Ingress"):
		c.ingress(piece, m)
	}
}

// objectRef returns what an object refers to by name and namespace.
func objectRef(piece *traefikPiece, n *conftree.Node) traefikRef {
	at := *piece
	at.namespace = firstOf(n.Get("namespace").Text(), piece.namespace)
	return traefikRef{&at, n.Get("name").Text()}
}

// ingress reads an Ingress that has annotations of Traefik, or may be Traefik's.
func (c *traefikConfig) ingress(piece *traefikPiece, m *manifest) {
	const prefix = "traefik.ingress.kubernetes.io/router."
	annotations := m.Get("metadata", "annotations")
	class := firstOf(m.Get("spec", "ingressClassName").Text(), annotations.Get("kubernetes.io/ingress.class").Text())
	ours := slices.ContainsFunc(annotations.Fields(), func(p conftree.Pair) bool { return strings.HasPrefix(p.Key, prefix) })
	if !ours && class != "" && !strings.Contains(class, "traefik") {
		return
	}
	r := traefikRoute{traefikPiece: piece, title: "Ingress " + m.name(), priority: annotations.Get(prefix + "priority"), tls: m.Get("spec", "tls")}
	r.middlewares = c.refsOf(piece, annotations.Get(prefix+"middlewares"))
	r.entryPoints = c.entryPointsOf(annotations.Get(prefix + "entrypoints"))
	if options := annotations.Get(prefix + "tls.options"); options != nil {
		r.tls = &conftree.Node{Kind: conftree.Map, Span: options.Span, Pairs: []conftree.Pair{{Key: "options", At: options.Span, Value: options}}}
	}
	for _, rule := range m.Get("spec", "rules").Each() {
		for _, path := range rule.Get("http", "paths").Each() {
			matcher := "PathPrefix"
			if path.Get("pathType").Text() == "Exact" {
				matcher = "Path"
			}
			one := r
			text := matcher + "(`" + firstOf(path.Get("path").Text(), "/") + "`)"
			if host := rule.Get("host").Text(); host != "" {
				text = "Host(`" + host + "`) && " + text
			}
			one.rule = &conftree.Node{Kind: conftree.Text, Value: text, Span: path.Span}
			one.backends = []*conftree.Node{path.Get("backend")}
			c.addRouter(one)
		}
	}
}
