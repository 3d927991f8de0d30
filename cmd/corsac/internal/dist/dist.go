// Package dist packs the program for those who have no Go: an archive for each
// platform, packages of npm, and their checksums.
//
//   - It builds nothing: scripts/dist does, into a folder that [Release.Write]
//     reads.
//   - The same files give the same bytes, whenever and wherever they are packed:
//     entries are sorted, and have the time of the release and fixed modes.
//   - For npm, there is one small package, corsac, whose program starts that of a
//     second package. There is one of those for each platform, as an optional
//     dependency, so npm installs the one that fits.
package dist

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Platform is an operating system and an architecture.
type Platform struct {
	OS, Arch   string // as Go names them
	node, cpu  string // as Node.js names them
	executable string // the name of the program
}

// Platforms are those that releases are for.
var Platforms = []Platform{
	{"darwin", "amd64", "darwin", "x64", "corsac"},
	{"darwin", "arm64", "darwin", "arm64", "corsac"},
	{"linux", "amd64", "linux", "x64", "corsac"},
	{"linux", "arm64", "linux", "arm64", "corsac"},
	{"windows", "amd64", "win32", "x64", "corsac.exe"},
	{"windows", "arm64", "win32", "arm64", "corsac.exe"},
}

func (p Platform) String() string { return p.OS + "-" + p.Arch }

// Release is what is packed.
type Release struct {
	Version string // without a v, such as 1.2.3
	Time    time.Time
	// Dir has the programs, such as bin/linux-amd64/corsac, and in the folder common
	// what is beside each of them, such as LICENSE.
	Dir string
}

// file is a file of an archive.
type file struct {
	name string // with slashes
	text []byte
	mode fs.FileMode
}

const (
	programMode = 0o755
	textMode    = 0o644
)

// Write packs the platforms whose programs are in r.Dir, and writes the archives
// and SHA256SUMS into the folder out, which is made if necessary. It returns the
// names of the archives.
func (r Release) Write(out string) ([]string, error) {
	if err := os.MkdirAll(out, 0o755); err != nil { //nolint:gosec // for everybody to read
		return nil, err
	}
	common, err := r.common()
	if err != nil {
		return nil, err
	}
	archives := map[string][]byte{}
	for _, p := range Platforms {
		program, err := os.ReadFile(filepath.Join(r.Dir, "bin", p.String(), p.executable))
		switch {
		case os.IsNotExist(err):
			continue
		case err != nil:
			return nil, err
		}
		if err := r.add(archives, p, program, common); err != nil {
			return nil, err
		}
	}
	if len(archives) == 0 {
		return nil, fmt.Errorf("%s has no programs; build them with scripts/dist", filepath.Join(r.Dir, "bin"))
	}
	if archives["corsac-"+r.Version+".tgz"], err = r.tarball(r.npmMain(common)); err != nil {
		return nil, err
	}
	return save(out, archives)
}

// add packs the program of a platform in both forms.
func (r Release) add(archives map[string][]byte, p Platform, program []byte, common []file) error {
	folder := "corsac-" + r.Version + "-" + p.String()
	files := []file{{path.Join(folder, p.executable), program, programMode}}
	for _, f := range common {
		files = append(files, file{path.Join(folder, f.name), f.text, f.mode})
	}
	name, pack := folder+".tar.gz", r.tarball
	if p.OS == "windows" {
		name, pack = folder+".zip", r.zip
	}
	var err error
	if archives[name], err = pack(files); err != nil {
		return err
	}
	archives["corsac-dev-"+p.node+"-"+p.cpu+"-"+r.Version+".tgz"], err = r.tarball(r.npmPlatform(p, program, common))
	return err
}

// common returns the files that every archive has, sorted.
func (r Release) common() (files []file, err error) {
	dir := os.DirFS(filepath.Join(r.Dir, "common"))
	err = fs.WalkDir(dir, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(dir, name)
		files = append(files, file{name, text, textMode})
		return err
	})
	return files, err
}

// save writes archives and their checksums, and returns their names.
func save(out string, archives map[string][]byte) (names []string, err error) {
	for name := range archives {
		names = append(names, name)
	}
	slices.Sort(names)
	var sums strings.Builder
	for _, name := range names {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(archives[name]), name)
		if err := os.WriteFile(filepath.Join(out, name), archives[name], textMode); err != nil {
			return nil, err
		}
	}
	return names, os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), textMode)
}
