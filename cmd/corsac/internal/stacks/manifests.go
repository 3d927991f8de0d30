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

// elsewhere reports whether two objects are in namespaces that are known to differ.
func (m *manifest) elsewhere(o *manifest) bool {
	a, b := m.Get("metadata", "namespace").Text(), o.Get("metadata", "namespace").Text()
	return a != "" && b != "" && a != b
}

// meshGuard says which object of Istio decides about requests of another; "" if none
// does. Which workloads it is for is not looked at.
func meshGuard(objects []manifest, of *manifest) string {
	for i := range objects {
		o := &objects[i]
		kind := o.Get("kind").Text()
		if !slices.Contains([]string{"AuthorizationPolicy", "RequestAuthentication", "EnvoyFilter", "WasmPlugin"}, kind) {
			continue
		}
		if !o.elsewhere(of) || o.Get("metadata", "namespace").Text() == "istio-system" {
			return "the " + kind + " " + o.name() + " may apply to it" + notCarried
		}
	}
	return ""
}

// targetGuard says which policy that names a target decides about requests; "" if
// none does. targets are kinds and names, such as HTTPRoute/api.
func targetGuard(objects []manifest, of *manifest, targets []string) string {
	for i := range objects {
		o := &objects[i]
		spec := o.Get("spec")
		refs := append(spec.Get("targetRef").Each(), spec.Get("targetRefs").Each()...)
		aimed := spec.Get("targetSelectors") != nil || slices.ContainsFunc(refs, func(r *conftree.Node) bool {
			return slices.Contains(targets, r.Get("kind").Text()+"/"+r.Get("name").Text())
		})
		decides := slices.ContainsFunc(spec.Fields(), func(p conftree.Pair) bool {
			return !slices.Contains([]string{"targetRef", "targetRefs", "targetSelectors", "cors"}, p.Key)
		})
		if aimed && decides && !o.elsewhere(of) {
			return "the " + o.Get("kind").Text() + " " + o.name() + " applies to it" + notCarried
		}
	}
	return ""
}
