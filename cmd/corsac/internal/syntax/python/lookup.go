package python

import (
	"maps"
	"slices"
	"strings"
)

// Resolve returns what a name with dots stands for according to the imports of
// the file, such as fastapi.FastAPI for FastAPI; the name itself if none binds
// it.
func (m *Module) Resolve(name string) string {
	first, rest, dotted := strings.Cut(name, ".")
	full, ok := m.Imports[first]
	switch {
	case !ok:
		return name
	case dotted:
		return full + "." + rest
	}
	return full
}

// maxConstants is how many names are followed from one to the next.
const maxConstants = 8

// Follow returns what an expression in a statement stands for, if it is a name
// that is assigned exactly once in its function or the module, without a
// condition, and changed nowhere; else the expression itself.
func (m *Module) Follow(e *Expr, at *Stmt) *Expr {
	scope := at.Function()
	for range maxConstants {
		if e == nil || e.Kind != Var || strings.Contains(e.Name, ".") {
			return e
		}
		b, found := m.lookUp(e.Name, scope)
		if b == nil || b.value == nil || b.n != 1 || m.changed[e.Name] {
			return e
		}
		e, scope = b.value, found
	}
	return e
}

// binding is what a function or the module assigns to a name.
type binding struct {
	n     int   // assignments
	value *Expr // the value of the last one; nil if it is not plain, or has a condition
}

// lookUp returns the binding of a name in the innermost scope that has one, and
// that scope; it is nil for a parameter.
func (m *Module) lookUp(name string, scope *Stmt) (*binding, *Stmt) {
	m.bind()
	for ; scope != nil; scope = scope.Function() {
		if scope.hasParameter(name) {
			return nil, scope
		}
		if b := m.bindings[scope][name]; b != nil {
			return b, scope
		}
	}
	return m.bindings[nil][name], nil
}

// hasParameter reports whether a def has a parameter of a name.
func (s *Stmt) hasParameter(name string) (yes bool) {
	for _, e := range s.Exprs {
		e.Walk(func(x *Expr) { yes = yes || x.Kind == Var && x.Name == name })
	}
	return yes
}

// changers are the methods that change a list, set or dict.
var changers = []string{"append", "extend", "insert", "remove", "pop", "clear", "add", "update", "discard", "setdefault", "sort", "reverse", "popitem"}

// bind collects what is assigned to names in each scope, once.
func (m *Module) bind() {
	if m.bindings != nil {
		return
	}
	m.bindings, m.changed = map[*Stmt]map[string]*binding{}, map[string]bool{}
	Walk(m.Body, func(s *Stmt) bool {
		scope := s.Function()
		if m.bindings[scope] == nil {
			m.bindings[scope] = map[string]*binding{}
		}
		for _, t := range s.Targets {
			m.assign(scope, s, t)
		}
		if slices.Contains([]string{"for", "with", "except", "global", "nonlocal", "del"}, s.Keyword) {
			for _, e := range s.Exprs {
				e.Walk(func(x *Expr) { m.changed[x.Name] = m.changed[x.Name] || s.Keyword != "for" && s.Keyword != "with" })
				e.eachTarget(func(x *Expr) { m.changed[x.Name] = true })
			}
		}
		s.WalkExprs(func(e *Expr) {
			m.call(e)
		})
		return true
	})
	m.spread()
}

// call notes what a call of a method changes.
func (m *Module) call(e *Expr) {
	name := e.Callee()
	if !slices.Contains(changers, name[strings.LastIndexByte(name, '.')+1:]) {
		return
	}
	if first, _, ok := strings.Cut(name, "."); ok {
		m.changed[first] = true
		return
	}
	e.Base.Base.Walk(func(x *Expr) { // something["x"].append(…)
		first, _, _ := strings.Cut(x.Name, ".")
		m.changed[first] = true
	})
}

// spread adds the names that stand for what is changed under another name.
func (m *Module) spread() {
	same := map[string][]string{}
	for _, names := range m.bindings {
		for name, b := range names {
			if b.value != nil && b.value.Kind == Var {
				first, _, _ := strings.Cut(b.value.Name, ".")
				same[name] = append(same[name], first)
			}
		}
	}
	queue := slices.Collect(maps.Keys(m.changed))
	for len(queue) > 0 {
		name := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, other := range same[name] {
			if !m.changed[other] {
				m.changed[other] = true
				queue = append(queue, other)
			}
		}
	}
}

// assign notes what a statement assigns to a target.
func (m *Module) assign(scope, s *Stmt, t *Expr) {
	switch {
	case t.Kind == Var && s.Assign == "": // an annotation
	case t.Kind == Var && !strings.Contains(t.Name, "."):
		b := m.bindings[scope][t.Name]
		if b == nil {
			b = &binding{}
			m.bindings[scope][t.Name] = b
		}
		b.n, b.value = b.n+1, nil
		if s.Assign == "=" && len(s.Targets) == 1 && s.Parent == scope {
			b.value = s.Value()
		}
	default: // an element, an attribute, or a tuple
		t.Walk(func(x *Expr) {
			first, _, _ := strings.Cut(x.Name, ".")
			m.changed[first] = true
		})
	}
}

// eachTarget calls f for the names before in or after as in the head of a for or
// with.
func (e *Expr) eachTarget(f func(*Expr)) {
	if e.Kind != Other || len(e.Items) == 0 {
		return
	}
	e.Items[0].Walk(f)
	e.Items[len(e.Items)-1].Walk(f)
}
