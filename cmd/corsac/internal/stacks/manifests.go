package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// manifest is an object of Kubernetes in a file.
type manifest struct {
	*conftree.Node

	file *source.File
}

// manifestKinds are those that decide about requests, or may.
var manifestKinds = []string{"HTTPRoute", "VirtualService", "Ingress", "Middleware", "TLSOption", "Policy", "RequestAuthentication", "EnvoyFilter", "WasmPlugin", "Gateway", "ConfigMap"}

// manifests returns the objects in the files of a tree that may decide about
// requests.
func manifests(t *source.Tree) (list []manifest) {
	wanted := func(text string) bool {
		return strings.Contains(text, "kind") && slices.ContainsFunc(manifestKinds, func(k string) bool { return strings.Contains(text, k) })
	}
	left := maxKept
	for _, f := range t.Files(confFiles...) {
		if !wanted(f.Text) {
			continue
		}
		for _, doc := range conftree.Read(f.Name, f.Text, wanted) {
			objects := []*conftree.Node{doc.Root}
			if doc.Root.Get("kind").Text() == "List" {
				objects = doc.Root.Get("items").Each()
			}
			for _, o := range objects {
				if left--; o.Get("kind").Text() != "" && left > 0 {
					list = append(list, manifest{o, f})
				}
			}
		}
	}
	return list
}

// is reports whether an object is of a kind.
func (m *manifest) is(kind string) bool { return m.Get("kind").Text() == kind }

// name returns the name of an object.
func (m *manifest) name() string { return m.Get("metadata", "name").Text() }

// isNamed reports whether a name, which a namespace may stand before, is that of an
// object.
func (m *manifest) isNamed(name string) bool {
	return name[strings.LastIndexByte(name, '/')+1:] == m.name()
}

// elsewhere reports whether two objects are in namespaces that are known to differ.
func (m *manifest) elsewhere(o *manifest) bool {
	a, b := m.Get("metadata", "namespace").Text(), o.Get("metadata", "namespace").Text()
	return a != "" && b != "" && a != b
}

// meshGuard says which object of Istio decides about requests of another; "" if none
// does. One of another namespace may be for the gateways, whose namespace is not
// known, unless its selector excludes them.
func meshGuard(objects []manifest, of *manifest, gateways []string) string {
	for i := range objects {
		o := &objects[i]
		kind := o.Get("kind").Text()
		if !slices.Contains([]string{"AuthorizationPolicy", "RequestAuthentication", "EnvoyFilter", "WasmPlugin"}, kind) {
			continue
		}
		if !o.elsewhere(of) || !o.spares(objects, gateways) {
			return "the " + kind + " " + o.name() + " may apply to it" + notCarried
		}
	}
	return ""
}

// spares reports whether the selector of a policy excludes the workloads of all
// gateways with some names; false if that is not known. Only the label istio counts:
// other workloads than gateways do not have it.
func (m *manifest) spares(objects []manifest, gateways []string) bool {
	label := func(o *manifest, path ...string) string {
		if value := o.Get(path...); comesFrom(value) == "" {
			return value.Text()
		}
		return ""
	}
	own := firstOf(label(m, "spec", "selector", "matchLabels", "istio"), label(m, "spec", "workloadSelector", "labels", "istio"))
	return own != "" && len(gateways) > 0 && !slices.ContainsFunc(gateways, func(name string) bool {
		var labels []string
		for i := range objects {
			if g := &objects[i]; g.is("Gateway") && g.isNamed(name) {
				labels = append(labels, label(g, "spec", "selector", "istio"))
			}
		}
		return len(labels) == 0 || slices.Contains(labels, "") || slices.Contains(labels, own)
	})
}

// policyTarget is an object that policies may be for. Its namespace is "" if that is
// not known.
type policyTarget struct{ kind, name, namespace string }

// target returns the object that a reference is to, by default of a kind and of the
// namespace of the object that it is in.
func (m *manifest) target(ref *conftree.Node, kind string) policyTarget {
	namespace := firstOf(ref.Get("namespace").Text(), m.Get("metadata", "namespace").Text())
	return policyTarget{firstOf(ref.Get("kind").Text(), kind), ref.Get("name").Text(), namespace}
}

// meets reports whether two references may be to the same object.
func (p policyTarget) meets(o policyTarget) bool {
	return p.kind == o.kind && p.name == o.name && (p.namespace == "" || o.namespace == "" || p.namespace == o.namespace)
}

// targetGuard says which policy that names one of some targets, or that selects
// objects which may be among them, decides about requests; "" if none does.
func targetGuard(objects []manifest, of *manifest, targets []policyTarget) string {
	for i := range objects {
		o := &objects[i]
		spec := o.Get("spec")
		refs := append(spec.Get("targetRef").Each(), spec.Get("targetRefs").Each()...)
		aimed := slices.ContainsFunc(spec.Get("targetSelectors").Each(), func(r *conftree.Node) bool {
			return r.Get("kind").Text() != "HTTPRoute" || !o.elsewhere(of)
		}) || slices.ContainsFunc(refs, func(r *conftree.Node) bool {
			return slices.ContainsFunc(targets, o.target(r, "").meets)
		})
		decides := slices.ContainsFunc(spec.Fields(), func(p conftree.Pair) bool {
			return !slices.Contains([]string{"targetRef", "targetRefs", "targetSelectors", "cors"}, p.Key)
		})
		if aimed && decides {
			return "the " + o.Get("kind").Text() + " " + o.name() + " applies to it" + notCarried
		}
	}
	return ""
}
