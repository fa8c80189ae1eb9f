package exec

import (
	"bytes"
	"strings"

	"confab/app"
	"confab/keys"
)

type keysCmd struct {
	List   keysListCmd   `cmd:"" default:"1" help:"List the keys that open your account."`
	Add    keysAddCmd    `cmd:"" help:"Add a key: a public key as one word, or from standard input."`
	Remove keysRemoveCmd `cmd:"" help:"Take a key away; what it has opened ends at once."`
}

type keysListCmd struct{}

func (*keysListCmd) Run(c *call) error {
	list, err := c.Chat.Keys(c.ctx)
	if err != nil {
		return err
	}
	return c.writeKeys(list)
}

func (c *call) writeKeys(list []app.AuthorizedKey) error {
	for _, k := range list {
		r := &keyRecord{newHead("key"), k.Fingerprint, k.Type, app.CleanLine(k.Comment, 100), stamp(k.AddedAt), stamp(k.LastUsedAt), k.Fingerprint == c.Chat.Key()}
		if err := c.out.write(r); err != nil {
			return err
		}
	}
	return nil
}

// keyRecord is a key that opens one's account.
type keyRecord struct {
	head
	Fingerprint string `json:"fingerprint"`
	KeyType     string `json:"key_type"`
	Comment     string `json:"comment"`
	AddedAt     string `json:"added_at"`
	LastUsedAt  string `json:"last_used_at,omitempty"` // "" if it has not been
	Current     bool   `json:"current"`                // it has opened this connection
}

func (r *keyRecord) columns(*output) []string {
	current := "other"
	if r.Current {
		current = "current"
	}
	return []string{r.Fingerprint, r.KeyType, r.AddedAt, current, r.Comment, r.LastUsedAt}
}

// maxKeys is how much is read of keys.
const maxKeys = 64 << 10

type keysAddCmd struct {
	Key []string `arg:"" optional:"" help:"The public key, as it stands in a .pub file."`
}

func (k *keysAddCmd) Run(c *call) error {
	text := []byte(strings.Join(k.Key, " "))
	if len(text) == 0 {
		if err := c.needsInput("a key is needed"); err != nil {
			return err
		}
		var err error
		if text, err = c.readAll(maxKeys, tooLong("There is too much on standard input: nothing was added.")); err != nil {
			return err
		}
	}
	found, err := keys.ParseAuthorized(bytes.NewReader(text))
	if err != nil {
		return app.Refuse(app.ErrInvalid, "Nothing was added: %s.", app.CleanLine(err.Error(), 200))
	}
	added, err := c.Chat.AddKeys(c.ctx, found)
	if err != nil {
		return err
	}
	return c.writeKeys(added)
}

type keysRemoveCmd struct {
	Fingerprint string `arg:"" help:"SHA256:…, as keys list shows it."`
}

func (k *keysRemoveCmd) Run(c *call) error {
	fingerprint, err := keys.ParseFingerprint(k.Fingerprint)
	if err != nil {
		return usage("%s", err)
	}
	key, err := c.Chat.RemoveKey(c.ctx, fingerprint)
	if err != nil {
		return err
	}
	return c.writeKeys([]app.AuthorizedKey{key})
}
