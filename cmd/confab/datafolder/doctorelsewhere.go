package datafolder

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	gossh "golang.org/x/crypto/ssh"

	"confab/app/text"
	"confab/db/transfer"
	"confab/keys"
)

// folder returns the data folder, which must exist. Without a database elsewhere it must have
// one.
func (f Flag) folder(ctx context.Context) (string, error) {
	if f.Database == "" {
		return f.existing(ctx)
	}
	dir, err := f.Path()
	if err == nil && !exists(dir) {
		err = f.places.None(dir)
	}
	return dir, err
}

// lookElsewhere checks a data folder and the PostgreSQL database that belongs to it, and changes
// neither.
func (c *DoctorCmd) lookElsewhere(ctx context.Context, dir string) []finding {
	server, serverErr := lookForServer(dir)
	key, keyErr := keys.LoadHostKey(filepath.Join(dir, HostKeyFile))
	findings := []finding{lookAtFolder(dir), lookAtServer(server, serverErr)}
	source, err := transfer.FromPostgres(ctx, c.Database, false)
	if err != nil {
		findings = append(findings, finding{about: "database", err: fmt.Errorf("start PostgreSQL, or correct the address in --database (%w)", err)})
	} else {
		defer func() { _ = source.Close() }()
		findings = append(findings,
			finding{about: "parts", well: "the database and the folder belong together", err: errors.Join(c.Whole(ctx, dir), isServer(ctx, dir, source))},
			finding{about: "database", well: "PostgreSQL answers, and has the tables of this version", err: source.CheckTables(ctx)},
			lookAtKnownKey(ctx, dir, source, key, keyErr),
		)
		findings = append(findings, c.lookAtFiles(ctx, source)...)
	}
	return append(findings, c.lookAround(ctx, dir, server, key)...)
}

// lookAtKnownKey checks whether the host key in the folder is the one that clients have seen.
func lookAtKnownKey(ctx context.Context, dir string, source withServer, key gossh.Signer, keyErr error) finding {
	f := finding{about: "host key"}
	p, err := lookBeside(ctx, dir, source)
	if err == nil {
		err = p.wrongKey()
	}
	switch {
	case err != nil:
		f.err = err
	case key != nil:
		f.well = gossh.FingerprintSHA256(key.PublicKey())
	case p.hasKey:
		f.err = keyErr
	default:
		f.well = "none yet: the first start creates it"
	}
	return f
}

// lookAtFiles checks whether the database or the bucket has the contents of all files.
func (c *DoctorCmd) lookAtFiles(ctx context.Context, source *transfer.Source) []finding {
	from, done, err := c.openSource(ctx, source)
	if err != nil {
		return []finding{{about: "bucket", err: err}}
	}
	defer func() { _ = done() }()
	in := c.lookAtBucket(ctx, source, from)
	if in.err != nil {
		return []finding{in}
	}
	files := lookAtContents(ctx, source, contentsIn(from), c.Deep)
	if from == nil {
		return []finding{files}
	}
	return []finding{in, files}
}

// lookAtContents checks whether the contents of all files are there and, if deep, whether they
// match their hashes.
func lookAtContents(ctx context.Context, source *transfer.Source, in transfer.Opener, deep bool) finding {
	c, err := source.CheckContents(ctx, in, deep)
	f := finding{about: "files", well: text.Plural(c.Copied, "content"), err: err}
	if deep {
		f.well += ", all with the right hash"
	}
	if n := len(c.Lost); n > 0 && err == nil {
		f.err = fmt.Errorf("%d missing or damaged, of %s; the first is %s: look for them in a backup", n, text.Plural(c.Copied+n, "content"), c.Lost[0])
	}
	return f
}
