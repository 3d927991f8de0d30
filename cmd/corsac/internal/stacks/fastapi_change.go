package stacks

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cors"
)

// fastapiChange is Change of FastAPI's source.
func fastapiChange(t *source.Tree, _ []*Site, w *Want) (*Change, error) {
	p := readASGI(t)
	c := &asgiChange{project: p, want: w, out: &Change{URL: p.url(t)}}
	for _, f := range p.broken {
		c.note("%s was not read: its strings, brackets or indentation are not those of Python.", f.Name)
	}
	if len(p.apps) == 0 && len(p.cors) == 0 {
		return nil, fmt.Errorf("%w FastAPI() or Starlette() is called; run it in the folder of the file that does", ErrNotHere)
	}
	if err := c.choose(); err != nil {
		return nil, err
	}
	c.out.URL = w.tried(c.out.URL, c.routes())
	if err := c.apply(); err != nil {
		return nil, err
	}
	c.dropInner()
	c.cleanOwn()
	c.deduplicate()
	return c.out, nil
}

// asgiChange is a change in the making.
type asgiChange struct {
	project *asgi
	want    *Want
	out     *Change
	// target is the application to change; nil if only cors is known. cors is the
	// CORSMiddleware to change; nil if one is to be added.
	target *asgiApp
	cors   *asgiCORS
	// prefix is that of a CORSBelow to add.
	prefix string
}

func (c *asgiChange) note(format string, args ...any) {
	c.out.Notes = append(c.out.Notes, fmt.Sprintf(format, args...))
}

// choose finds the application and the CORSMiddleware to change.
func (c *asgiChange) choose() error {
	prefix := ""
	if strings.Trim(c.want.Path, "/") != "" {
		prefix = strings.TrimSuffix(c.want.Path, "/") + "/"
	}
	if c.cors = c.kept(func(x *asgiCORS) bool { return !x.part && samePrefix(x.path, prefix) }); c.cors != nil {
		c.target = c.cors.app
		return nil
	}
	if prefix != "" {
		if i := slices.IndexFunc(c.project.apps, func(a *asgiApp) bool { return a.prefix == prefix }); i >= 0 {
			c.target = c.project.apps[i]
			return nil
		}
		if i := slices.IndexFunc(c.project.cors, func(x *asgiCORS) bool { return x.path == "" && !x.part }); i >= 0 {
			at := finding.Position(c.project.cors[i].file.Place(c.project.cors[i].call.Start))
			return fmt.Errorf("%s: CORS is set for all paths there already, and would be wider than %s: run it without --path, or move the routes below %s to an application of their own, with app.mount", at, prefix, prefix)
		}
		c.prefix = prefix
	}
	return c.chooseApp()
}

// samePrefix reports whether two prefixes are the same but for a slash at the
// end.
func samePrefix(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }

// chooseApp chooses the outermost application of the project.
func (c *asgiChange) chooseApp() error {
	score := func(a *asgiApp) (n int) {
		if a.name == "app" {
			n += 2
		}
		if slices.Contains([]string{"main", "app", "asgi", "server", "__init__"}, moduleOf(a.file.Name)) {
			n++
		}
		return n - strings.Count(a.file.Name, "/")
	}
	var best []*asgiApp
	for _, a := range c.project.apps {
		switch {
		case a.prefix != "":
		case len(best) > 0 && score(a) < score(best[0]):
		case len(best) > 0 && score(a) == score(best[0]):
			best = append(best, a)
		default:
			best = []*asgiApp{a}
		}
	}
	switch len(best) {
	case 0:
		return errors.New("the outermost application is not assigned to a variable: write app = FastAPI(…), then run it again")
	case 1:
		c.target = best[0]
		return nil
	}
	var places []string
	for _, a := range best {
		places = append(places, finding.Position(a.file.Place(a.stmt.Start)))
	}
	return fmt.Errorf("there are several applications (%s): run it in the folder of the one that pages call", strings.Join(places, ", "))
}

// kept returns the outermost CORSMiddleware of those that a condition is true of,
// and removes the others if they are statements of their own.
func (c *asgiChange) kept(is func(*asgiCORS) bool) (kept *asgiCORS) {
	var all []*asgiCORS
	for _, x := range c.project.cors {
		if is(x) {
			all = append(all, x)
		}
	}
	slices.SortStableFunc(all, func(a, b *asgiCORS) int {
		outermost := func(x *asgiCORS) int {
			known := 0
			if x.app != nil {
				known = 4
			}
			return known + map[asgiShape]int{asgiWrapped: 2, asgiAdded: 1}[x.shape]
		}
		return cmp.Or(cmp.Compare(outermost(b), outermost(a)), cmp.Compare(a.file.Name, b.file.Name), cmp.Compare(b.call.Start, a.call.Start))
	})
	for i, x := range all {
		at := finding.Position(x.file.Place(x.call.Start))
		switch {
		case i == 0:
			kept = x
		case x.app != kept.app:
			c.note("%s: another application has a CORSMiddleware of its own, which was left alone.", at)
		case x.app != nil:
			c.drop(x, "one is enough")
		default:
			c.note("%s: there is another CORSMiddleware, which was left alone: remove it by hand.", at)
		}
	}
	return kept
}

// drop removes a CORSMiddleware, if it is a statement of its own.
func (c *asgiChange) drop(x *asgiCORS, why string) {
	at := finding.Position(x.file.Place(x.call.Start))
	if x.shape != asgiAdded || len(x.stmt.Exprs) != 1 || x.stmt.Exprs[0] != x.call {
		c.note("%s: remove this CORSMiddleware by hand: %s.", at, why)
		return
	}
	c.out.Edit(x.file.File, x.file.removeStmt(x.stmt, len(x.file.block(x.stmt)) == 1))
	c.note("%s: the CORSMiddleware was removed: %s.", at, why)
}

// dropInner removes those of applications within the one that is changed: what
// they allow would reach the page.
func (c *asgiChange) dropInner() {
	for _, x := range c.project.cors {
		if x != c.cors && c.want.Path == "" && (x.part || x.path != "") {
			c.drop(x, "what it allows for a part of the paths would be wider than what is wanted")
		}
	}
}

// apply changes the CORSMiddleware, or adds one.
func (c *asgiChange) apply() error {
	if c.cors == nil {
		policy, err := c.want.Policy(&Draft{})
		if err != nil {
			return err
		}
		c.losses(policy)
		return c.insert(policy)
	}
	x := &argEditor{pyReader: pyReader{file: c.cors.file, at: c.cors.stmt}, c: c.cors, want: c.want}
	x.options = c.cors.options(&x.pyReader)
	if len(x.draft.Remarks) > 0 && !slices.ContainsFunc(Fields, func(f string) bool { _, ok := x.options[f]; return ok }) {
		return fmt.Errorf("%s: the options are known only when the program runs: change them where they come from", finding.Position(c.cors.file.Place(c.cors.call.Start)))
	}
	site := c.cors.site(c.project)
	draft := x.wanted(&site.Draft)
	policy, err := c.want.Policy(draft)
	if err != nil {
		return err
	}
	c.losses(policy)
	args := starletteArgs(c.cors.file, policy)
	for i := range args {
		if err := x.set(&args[i]); err != nil {
			return err
		}
	}
	c.narrowed(x, &site.Draft, policy)
	return c.place(x.finish(), policy)
}

// losses notes what Starlette cannot express of a policy.
func (c *asgiChange) losses(p *cors.Policy) {
	for _, d := range rulesOf(p).Lost {
		c.note("%s", d.Text)
	}
}

// narrowed notes what was allowed and is no longer.
func (c *asgiChange) narrowed(x *argEditor, before *Draft, after *cors.Policy) {
	origins := slices.Concat(after.AllowOrigins, after.DangerouslyAllowOriginRegexps)
	lists := map[string][]string{
		"allow_origins": origins, "dangerously_allow_origin_regexps": origins, "allow_methods": after.AllowMethods, "allow_headers": after.AllowHeaders,
	}
	var gone []string
	for _, e := range before.Entries {
		list, ok := lists[e.Field]
		same := equal
		if e.Field == "allow_headers" {
			same = strings.EqualFold
		}
		if !ok || e.Default || x.covers(e.Field) || slices.ContainsFunc(list, func(v string) bool { return same(v, e.Value) }) {
			continue
		}
		switch {
		case e.Value != "*":
			gone = append(gone, e.Value)
		case e.Field == "allow_origins":
			gone = append(gone, "every other origin")
		default:
			gone = append(gone, "every other request header")
		}
	}
	if slices.ContainsFunc(before.Remarks, func(r Remark) bool { return r.Kind == Lost && strings.HasPrefix(r.Text, "Every website") }) {
		gone = append(gone, "every other origin")
	}
	if len(gone) > 0 {
		c.note("No longer allowed, as nobody asked for it: %s.", strings.Join(gone, ", "))
	}
}

// url returns where the application listens, as uvicorn.run or the command that
// starts it says; "" if that is known only when it runs.
func (p *asgi) url(t *source.Tree) string {
	host, port := "127.0.0.1", 8000 // as uvicorn has it
	if n, given := startedPort(t); given {
		port = n
	}
	for _, f := range slices.Concat(p.files, p.others) {
		f.eachExpr(func(s *python.Stmt, e *python.Expr) {
			if f.callee(e) != "uvicorn.run" {
				return
			}
			if h := f.Follow(e.Arg("host"), s); h != nil && h.Kind == python.String && h.Text != "0.0.0.0" && h.Text != "::" {
				host = h.Text
			}
			switch n := f.Follow(e.Arg("port"), s); {
			case n == nil && e.Arg("port") == nil:
			case n != nil && n.Kind == python.Int:
				port = n.Number
			default:
				port = 0
			}
		})
	}
	if port == 0 {
		return ""
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// deduplicate leaves out edits that are there twice, such as those of a constant
// that several places use.
func (c *asgiChange) deduplicate() {
	for name, edits := range c.out.Edits {
		var once []source.Edit
		for _, e := range edits {
			if !slices.Contains(once, e) {
				once = append(once, e)
			}
		}
		c.out.Edits[name] = once
	}
}
