package stacks

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
)

// goConfig is a call of a library, and the configuration that it gets.
type goConfig struct {
	lib  *goLibrary
	file *gocode.File
	// call makes the middleware, such as cors.New(…).
	call *ast.CallExpr
	// literal is the configuration, in the file holder; nil if there is none.
	literal *ast.CompositeLit
	holder  *gocode.File
	// values are the settings, in the order in which they are set.
	values []goValue
	// preset is what is set by default, if not the defaults of the library.
	preset goValues
	// several says that the call has other configurations, too.
	several bool
	// unread are the parts that could not be read.
	unread []goUnread
}

// goValue is a setting with its value.
type goValue struct {
	name string
	file *gocode.File
	// node sets it: a field of the literal, a statement or a call. The value is
	// expr, which is nil if the call says it all; more is added to it.
	node ast.Node
	expr ast.Expr
	more []ast.Expr
}

// goUnread is a part of a configuration that is not literal, and the name of the
// setting, or "" for all of them.
type goUnread struct {
	name string
	file *gocode.File
	node ast.Node
}

// goConfigs returns the calls of the libraries of a stack in a package.
func goConfigs(p *gocode.Package, stack string) (list []*goConfig) {
	for _, f := range p.Files {
		if !slices.ContainsFunc(goPaths(stack), f.Imports) {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			c := goConfigOf(f, call, stack)
			if c == nil {
				return true
			}
			list = append(list, c)
			if c.lib.config == "Policy" && len(call.Args) > 1 { // each for its own origins
				c.several = true
				for _, arg := range call.Args[1:] {
					other := &goConfig{lib: c.lib, file: f, call: call, several: true}
					other.addConfig(f, arg)
					list = append(list, other)
				}
			}
			return true
		})
	}
	return list
}

// goConfigOf returns the configuration of a call that makes a middleware, or nil.
func goConfigOf(f *gocode.File, call *ast.CallExpr, stack string) *goConfig {
	path, name := f.Selected(call.Fun)
	lib := goLibraryOf(path)
	if lib == nil || lib.stack != stack || name == "DefaultConfig" {
		return nil
	}
	preset, ok := lib.makes[name]
	if !ok {
		return nil
	}
	c := &goConfig{lib: lib, file: f, call: call, preset: preset}
	switch {
	case lib.config == "":
		for _, arg := range call.Args {
			c.addOption(arg)
		}
	case name == "CORS":
		c.addOrigins()
	case len(call.Args) > 0:
		c.addConfig(f, call.Args[0])
	}
	return c
}

// addOrigins reads echo's middleware.CORS("https://app.example.com").
func (c *goConfig) addOrigins() {
	if len(c.call.Args) > 0 {
		c.values = append(c.values, goValue{name: "AllowOrigins", file: c.file, node: c.call, more: c.call.Args})
	}
}

// addOption reads an option that is a call, such as handlers.MaxAge(600).
func (c *goConfig) addOption(arg ast.Expr) {
	at, e := c.file.Resolve(arg)
	call, ok := e.(*ast.CallExpr)
	if ok {
		path, name := at.Selected(call.Fun)
		if _, known := c.lib.settings[name]; known && slices.Contains(c.lib.paths, path) {
			v := goValue{name: name, file: at, node: call}
			if len(call.Args) > 0 {
				v.expr = call.Args[0]
			}
			c.values = append(c.values, v)
			return
		}
	}
	c.unread = append(c.unread, goUnread{file: c.file, node: arg})
}

// addConfig reads a configuration: a literal, a variable that has one, or a
// function with defaults; and what is set in it later.
func (c *goConfig) addConfig(f *gocode.File, arg ast.Expr) {
	at, e := f.Resolve(arg)
	switch e := e.(type) {
	case *ast.CompositeLit:
		c.addLiteral(at, e)
	case *ast.CallExpr:
		path, name := at.Selected(e.Fun)
		preset, ok := c.lib.makes[name]
		if !ok || !slices.Contains(c.lib.paths, path) {
			c.unread = append(c.unread, goUnread{file: f, node: arg})
			return
		}
		c.preset = preset
	case *ast.SelectorExpr:
		if path, name := at.Selected(e); !slices.Contains(c.lib.paths, path) || name != "DefaultCORSConfig" && name != "ConfigDefault" {
			c.unread = append(c.unread, goUnread{file: f, node: arg})
			return
		}
	case *ast.Ident:
		if !f.Declares(e) { // var config cors.Config
			c.unread = append(c.unread, goUnread{file: f, node: arg})
			return
		}
	default:
		c.unread = append(c.unread, goUnread{file: f, node: arg})
		return
	}
	if id, ok := ast.Unparen(arg).(*ast.Ident); ok {
		c.addChanges(f, id)
	}
}

func (c *goConfig) addLiteral(f *gocode.File, literal *ast.CompositeLit) {
	c.literal, c.holder = literal, f
	for _, element := range literal.Elts {
		kv, ok := element.(*ast.KeyValueExpr)
		key, isName := ast.Expr(nil), false
		if ok {
			key = kv.Key
		}
		id, isName := key.(*ast.Ident)
		if !isName {
			c.unread = append(c.unread, goUnread{file: f, node: element})
			continue
		}
		c.values = append(c.values, goValue{name: id.Name, file: f, node: kv, expr: kv.Value})
	}
}

// addChanges reads what the function around a variable sets in it. What is set
// only sometimes is not read.
func (c *goConfig) addChanges(f *gocode.File, config *ast.Ident) {
	fn := f.Declaration(config)
	if fn == nil || fn.Body == nil {
		return
	}
	for _, statement := range f.Uses(fn.Body, config.Name) {
		sel, ok := f.Parent(statement).(*ast.SelectorExpr)
		if !ok || sel.X != ast.Expr(statement) || statement.Pos() > config.Pos() {
			continue
		}
		v := goValue{name: sel.Sel.Name, file: f}
		switch parent := f.Parent(sel).(type) {
		case *ast.AssignStmt:
			i := slices.Index(parent.Lhs, ast.Expr(sel))
			if i < 0 || len(parent.Lhs) != len(parent.Rhs) || parent.Tok != token.ASSIGN {
				continue
			}
			v.node, v.expr = parent, parent.Rhs[i]
			if again := c.appended(f, sel, v.expr); again != nil {
				v.more, v.expr = again, nil
			}
		case *ast.CallExpr:
			names := map[string]string{"AddAllowMethods": "AllowMethods", "AddAllowHeaders": "AllowHeaders", "AddExposeHeaders": "ExposeHeaders"}
			if v.name = names[sel.Sel.Name]; v.name == "" {
				continue
			}
			v.node, v.more = parent, parent.Args
		default:
			continue
		}
		if _, block := f.Statement(v.node); block != f.Block(config) {
			c.unread = append(c.unread, goUnread{v.name, f, v.node})
			continue
		}
		c.values = append(c.values, v)
	}
}

// appended returns what config.X = append(config.X, …) adds; nil for anything
// else.
func (c *goConfig) appended(f *gocode.File, sel *ast.SelectorExpr, e ast.Expr) []ast.Expr {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) < 2 || call.Ellipsis.IsValid() || f.Source(call.Fun) != "append" || f.Source(call.Args[0]) != f.Source(sel) {
		return nil
	}
	return call.Args[1:]
}

// value returns the setting with a name as it is at the end: the last that sets
// it, and what was added afterwards. It is false if nothing sets it.
func (c *goConfig) value(name string) (v goValue, ok bool) {
	for _, next := range c.values {
		switch {
		case next.name != name:
		case next.expr == nil && next.more != nil && ok:
			v.more = append(slices.Clone(v.more), next.more...)
		default:
			v, ok = next, true
		}
	}
	return v, ok
}

// isUnread reports whether a setting, or the whole configuration, is not literal.
func (c *goConfig) isUnread(name string) bool {
	return slices.ContainsFunc(c.unread, func(u goUnread) bool { return u.name == name || u.name == "" })
}

// goPolicyFile is the package of corsac that reads policies from a file.
const goPolicyFile = "github.com/corsac-dev/corsac/policyfile"

// fromFile reports whether the policy probably comes from a file of policies.
func (c *goConfig) fromFile() bool { return c.lib.stack == "go" && c.file.Imports(goPolicyFile) }

// unknown is the error about settings that the program does not have in itself. It says
// where they are, if that shows.
func (c *goConfig) unknown(site *Site, want *Want) error {
	if !c.fromFile() {
		return fmt.Errorf("its settings are known only when the program runs: %s", site.Title)
	}
	fields := slices.DeleteFunc(slices.Clone(Fields), func(field string) bool { return !want.Mentions(field) })
	return fmt.Errorf("its policy is in the file that package policyfile reads, such as corsac.yaml; change %s there", strings.Join(fields, ", "))
}
