package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// djangoDraft reads settings.
type djangoDraft struct {
	pyReader

	s     *djangoSettings
	lists []string // that are being read, the outer ones first
}

// djangoItem is an element of a list, and the file that has it.
type djangoItem struct {
	*python.Expr

	file *pyFile
	at   *python.Stmt
}

// djangoConstants are the lists of the package corsheaders.defaults. Older versions
// have headers besides that pages can never send.
var djangoConstants = map[string][]string{
	"corsheaders.defaults.default_methods": {"DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"},
	"corsheaders.defaults.default_headers": {"accept", "authorization", "content-type", "user-agent", "x-csrftoken", "x-requested-with"},
}

// in reads what follows where a value is.
func (d *djangoDraft) in(v djangoValue) *python.Expr {
	d.file, d.at = v.file, v.stmt
	return v.value
}

// list returns the elements of a setting. complete is false if some of them are
// known only when the program runs, which is then remarked on.
func (d *djangoDraft) list(field, name string) (items []djangoItem, complete bool) {
	complete = true
	if slices.Contains(d.lists, name) || len(d.lists) > maxStarImports {
		return nil, false
	}
	d.lists = append(d.lists, name)
	defer func() { d.lists = d.lists[:len(d.lists)-1] }()
	for _, v := range d.s.of(name) {
		e := d.in(v)
		if v.condition {
			d.remark(Dynamic, field, name+" is set on a condition: its values are known only when the program runs.", e)
			complete = false
			continue
		}
		more, all := d.elements(field, name, e, items)
		complete = complete && all
		switch {
		case !v.adds:
			items = more
		case v.front:
			items = slices.Concat(more, items)
		default:
			items = slices.Concat(items, more)
		}
	}
	return items, complete
}

// elements returns the elements of an expression for a list; before are those that
// the setting has before it.
func (d *djangoDraft) elements(field, name string, e *python.Expr, before []djangoItem) (items []djangoItem, complete bool) {
	if !d.step() {
		return nil, false
	}
	file, at := d.file, d.at
	defer func() { d.file, d.at = file, at }()
	switch {
	case e.Kind == python.Var && e.Name == name:
		return before, true
	case e.Kind == python.Var && d.s.values[e.Name] != nil:
		return d.list(field, e.Name)
	case e.Kind == python.List || e.Kind == python.Tuple || e.Kind == python.Other && len(e.Items) > 1 && strings.Trim(strings.Join(e.Ops, ""), "+") == "":
		complete = true
		for _, item := range e.Items {
			more, all := d.element(field, name, item, before, e.Kind == python.Other)
			items, complete = append(items, more...), complete && all
		}
		return items, complete
	case slices.Contains([]string{"list", "tuple"}, e.Callee()) && len(e.Args) == 1 && e.Args[0].Star == "":
		return d.elements(field, name, e.Args[0].Value, before)
	}
	known := len(d.draft.Remarks)
	list, ok := d.strings(field, e)
	if !ok && d.file.Follow(e, d.at).Kind == python.String {
		d.remark(Lost, field, name+" is a string, not a list: Django takes each character of it for an element.", e)
	} else if !ok {
		d.remark(Dynamic, field, "The values of "+name+" "+d.why(d.file.Follow(e, d.at)), e)
	}
	for _, item := range list {
		items = append(items, djangoItem{item, file, at})
	}
	return items, len(d.draft.Remarks) == known
}

// element returns the elements that one of a list, or of a sum of lists, stands
// for.
func (d *djangoDraft) element(field, name string, item *python.Expr, before []djangoItem, sum bool) (items []djangoItem, complete bool) {
	if item.Kind == python.Other && len(item.Items) == 1 && slices.Equal(item.Ops, []string{"*"}) {
		return d.elements(field, name, item.Items[0], before)
	}
	if sum {
		return d.elements(field, name, item, before)
	}
	known := len(d.draft.Remarks)
	for _, x := range d.pyReader.element(field, item) {
		items = append(items, djangoItem{x, d.file, d.at})
	}
	return items, len(d.draft.Remarks) == known
}

// flag returns whether a setting is true. known is false if it is known only when
// the program runs, which is remarked on; set if it is there at all.
func (d *djangoDraft) flag(field, name string) (yes, known, set bool) {
	for _, v := range d.s.of(name) {
		e := d.in(v)
		if yes, known = d.truth(e); !known || v.condition {
			d.remark(Dynamic, field, "Whether "+name+" is true is known only when the program runs.", e)
			return false, false, true
		}
		set = true
	}
	return yes, known, set
}

// last returns the value of a setting that is not a list; nil if it is not there,
// or on a condition, which is remarked on.
func (d *djangoDraft) last(field, name string) *python.Expr {
	var e *python.Expr
	for _, v := range d.s.of(name) {
		if e = d.in(v); v.condition {
			d.remark(Dynamic, field, name+" is set on a condition: its value is known only when the program runs.", e)
			return nil
		}
	}
	return e
}

// where returns the last value of a setting that is there.
func (d *djangoDraft) where(name string) *python.Expr {
	values := d.s.of(name)
	return d.in(values[len(values)-1])
}
