package stacks

import (
	"net"
	"strings"

	"github.com/corsac-dev/corsac/cors"
)

// Server is how a stack is started with a snippet, for people and tests that
// want to try it: a proxy before an upstream, or a small application.
type Server struct {
	// Upstream says that it stands before an upstream.
	Upstream bool
	// Programs are the names of the program, the first that exists is run.
	Programs []string
	// Install is a command that installs it.
	Install string
	// Prepare are lines of a POSIX shell before the program is run; it may be "".
	// The path of the program is in $program.
	Prepare string
	// Start are its arguments, words of a POSIX shell; $host and $port are where
	// it listens. It is run in the folder, and stays in the foreground.
	Start string
	// Test are arguments with which it only checks its configuration; "" if it
	// cannot.
	Test string
	// Files returns the files of the folder besides run.sh, by name.
	Files func(code string, at Addresses) map[string]string
	// Alone is used instead of Files by people who only have the program; nil if
	// they can install what the snippet needs.
	Alone *Alone
}

// Alone carries out a policy without what the snippet needs.
type Alone struct {
	// Versions are those for which it is written, Note says how it differs from
	// the snippet.
	Versions, Note string
	// Files returns the files of the folder besides run.sh, by name.
	Files func(p *cors.Policy, at Addresses) map[string]string
}

// Addresses are where a server listens and where it forwards to.
type Addresses struct {
	// Host and Port are where it listens. An empty Host means all addresses.
	Host, Port string
	// Upstream is host:port; it is used only if the server stands before one.
	Upstream string
}

// Listen returns host:port, where every stands for an empty host.
func (a Addresses) Listen(every string) string {
	if a.Host == "" {
		return every + ":" + a.Port
	}
	return net.JoinHostPort(a.Host, a.Port)
}

// AnyHost returns the host to listen on; for all addresses it is that of IPv4.
func (a Addresses) AnyHost() string {
	if a.Host == "" {
		return "0.0.0.0"
	}
	return a.Host
}

// Folder returns the files that start a server with the code of a snippet, by
// name: run.sh, which starts it in the foreground, and what that needs. With
// --test, run.sh checks the configuration only.
func (s *Server) Folder(snippet string, at Addresses) map[string]string {
	return s.withScript(s.Files(snippet, at), at)
}

// FolderAlone is [Server.Folder] with what [Server.Alone] writes for a policy.
func (s *Server) FolderAlone(p *cors.Policy, at Addresses) map[string]string {
	return s.withScript(s.Alone.Files(p, at), at)
}

// withScript adds run.sh to files.
func (s *Server) withScript(files map[string]string, at Addresses) map[string]string {
	var sh code
	sh.line("#!/bin/sh")
	sh.line("# Starts the server in the foreground; it listens on %s.", at.Listen("*"))
	sh.line(`cd "$(dirname "$0")" || exit 3`)
	sh.line(`PATH="$PATH:/usr/sbin:/usr/local/sbin"`)
	sh.line("program=%s", s.Programs[0])
	for _, name := range s.Programs[1:] {
		sh.line(`command -v "$program" >/dev/null || program=%s`, name)
	}
	sh.line(`command -v "$program" >/dev/null || { echo "%s is not installed; on Debian and Ubuntu: %s" >&2; exit 3; }`, s.Programs[0], s.Install)
	sh.when(strings.Contains(s.Start, "$port"), "host=%s port=%s", at.AnyHost(), at.Port)
	sh.when(s.Prepare != "", "%s", s.Prepare)
	sh.when(s.Test != "", `[ "$1" = --test ] && exec "$program" %s`, s.Test)
	sh.line(`exec "$program" %s`, s.Start)
	files["run.sh"] = sh.String()
	return files
}

// indent returns lines with a prefix, except those that are empty.
func indent(prefix, lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		if line != "\n" {
			b.WriteString(prefix)
		}
		b.WriteString(line)
	}
	return b.String()
}

// appRoutes describes the routes of the small applications.
const appRoutes = "GET /200, /404, /500, /throw (an error that nobody handles), /401 and /own (its own Access-Control-Allow-Origin and Vary); any method on /x"
