package httproute

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// group is the group of the API, and version the one that is read.
const (
	group   = "gateway.networking.k8s.io"
	version = group + "/v1"
)

// reader reads the objects of a file.
type reader struct {
	*yamlread.Decoder
	*builder

	file string
}

// object reads an object, or those of a list. kind is its kind if it has none.
func (r *reader) object(v yamlread.Value, kind string) {
	if v.Kind() == yamlread.Broken || v.IsUnset() {
		return
	}
	fields := map[string]yamlread.Value{}
	entries := r.Entries(v)
	for _, e := range entries {
		fields[e.Key] = e.Value
	}
	if given, _ := fields["kind"].Text(); given != "" {
		kind = given
	}
	apiVersion, _ := fields["apiVersion"].Text()
	switch {
	case kind == "List", kind == "HTTPRouteList":
		for _, item := range r.items(fields["items"], "a list of objects", "") {
			r.object(item, strings.TrimSuffix(kind, "List"))
		}
	case kind != "HTTPRoute":
		r.other(v, kind, apiVersion, fields["spec"])
	case apiVersion != version:
		at := v.Place
		if given, ok := fields["apiVersion"]; ok {
			at = given.Place
		}
		r.Refuse(at, yamlread.Error{Code: CodeKind, Value: apiVersion, Why: "it is not the version that is read", Fix: "write " + version})
	default:
		r.route(v.Place, entries, fields)
	}
}

// other is about an object of another kind, which must not decide about requests.
func (r *reader) other(v yamlread.Value, kind, apiVersion string, spec yamlread.Value) {
	if kind == "" {
		r.Refuse(v.Place, yamlread.Error{Code: CodeKind, Why: "it has no kind, so it is not an object of Kubernetes", Fix: "name files with HTTPRoutes only"})
		return
	}
	if spec.IsMapping() {
		for _, key := range spec.Keys() {
			if key == "targetRef" || key == "targetRefs" || key == "targetSelectors" {
				r.unsupported(v.Place, "this "+kind+" is a policy for other objects, which serve does not know", "leave it out of the file if it is not for these routes")
				return
			}
		}
	}
	if strings.HasPrefix(apiVersion, group+"/") && strings.HasSuffix(kind, "Route") {
		r.unsupported(v.Place, "serve has no routes of this kind: "+kind, "leave it out of the file")
	}
}

// unsupported reports what the gateway cannot do.
func (r *reader) unsupported(at yamlread.Place, why, fix string) {
	r.Refuse(at, yamlread.Error{Code: CodeUnsupported, Why: why, Fix: fix})
}

// route is an HTTPRoute while it is read.
type route struct {
	name, namespace string
	hosts           []string
}

// route reads an HTTPRoute.
func (r *reader) route(at yamlread.Place, entries []yamlread.Entry, fields map[string]yamlread.Value) {
	rt := &route{}
	for _, e := range entries {
		switch e.Key {
		case "apiVersion", "kind", "metadata", "spec", "status":
		default:
			r.RefuseField(e, []string{"apiVersion", "kind", "metadata", "spec"})
		}
	}
	if metadata, ok := fields["metadata"]; ok && metadata.IsMapping() {
		for _, e := range r.Entries(metadata) {
			switch e.Key {
			case "name":
				r.Text(&rt.name)(e.Value)
			case "namespace":
				r.Text(&rt.namespace)(e.Value)
			}
		}
	}
	if rt.name == "" {
		r.Refuse(at, yamlread.Error{Code: yamlread.CodeFieldMissing, Field: "metadata.name", Why: "an HTTPRoute needs it", Fix: "write metadata: {name: …}"})
	}
	var rules yamlread.Value
	var parents []string
	if spec, ok := fields["spec"]; ok && spec.Kind() != yamlread.Broken {
		r.Fields(spec, yamlread.Fields{
			"parentRefs": func(v yamlread.Value) { parents = r.parents(v, rt) },
			"hostnames":  func(v yamlread.Value) { r.hostnames(v, rt) },
			"rules":      func(v yamlread.Value) { rules = v },
		}, false)
	}
	r.oneParent(at, parents)
	items := r.items(rules, "a list of rules", `begin each with "- "`)
	if len(items) == 0 {
		r.Refuse(at, yamlread.Error{Code: CodeBackend, Field: "spec.rules", Why: "there are none, so its requests have no backend", Fix: "write a rule with a CORS filter and a backendRef"})
	}
	for i, item := range items {
		r.rule(item, rt, i)
	}
}

// parents returns the parents of a route, each as one text.
func (r *reader) parents(v yamlread.Value, rt *route) (list []string) {
	for _, item := range r.items(v, "a list of references", `begin each with "- "`) {
		ref := r.reference(item, "Gateway", rt.namespace, "sectionName")
		list = append(list, strings.TrimRight(fmt.Sprintf("%s %s/%s %s %s", ref.kind, ref.namespace, ref.name, ref.section, ref.port), " "))
	}
	return list
}

// hostnames reads the hosts of a route.
func (r *reader) hostnames(v yamlread.Value, rt *route) {
	var places []yamlread.Place
	r.Texts(&rt.hosts, &places)(v)
	for i, host := range rt.hosts {
		if m := config.CheckHost(host); m != nil {
			r.Refuse(places[i], *m)
		}
	}
}

// reference is a reference to another object.
type reference struct {
	group, kind, namespace, name, section, port string

	weight  int
	filters int // how many it has
}

// reference reads a reference, which may have some more fields.
func (r *reader) reference(v yamlread.Value, kind, namespace string, more ...string) reference {
	ref := reference{kind: kind, namespace: namespace, weight: 1}
	known := yamlread.Fields{
		"group": r.Text(&ref.group), "kind": r.Text(&ref.kind), "namespace": r.Text(&ref.namespace), "name": r.Text(&ref.name),
		"port": func(v yamlread.Value) {
			var port int
			r.Int(&port, "8080")(v)
			if ref.port = fmt.Sprint(port); port < 1 || port > 65535 {
				r.Refuse(v.Place, yamlread.Error{Code: CodeInvalid, Value: ref.port, Why: "it is not a port", Fix: "write one from 1 to 65535"})
			}
		},
	}
	for _, name := range more {
		known[name] = map[string]func(yamlread.Value){
			"sectionName": r.Text(&ref.section), "weight": r.Int(&ref.weight, "1"),
			"filters": func(v yamlread.Value) { ref.filters = len(r.items(v, "a list of filters", "")) },
		}[name]
	}
	r.Fields(v, known, false)
	if ref.name == "" {
		r.Refuse(v.Place, yamlread.Error{Code: yamlread.CodeFieldMissing, Field: yamlread.Join(v.Field, "name"), Why: "a reference needs it", Fix: "write the name of the object"})
	}
	return ref
}

// items returns the items of a list that may be missing, without those that have been
// reported.
func (r *reader) items(v yamlread.Value, want, fix string) []yamlread.Value {
	if v.Kind() == yamlread.Broken {
		return nil
	}
	return slices.DeleteFunc(r.Items(v, want, fix), func(item yamlread.Value) bool { return item.Kind() == yamlread.Broken })
}
