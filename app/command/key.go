package command

import (
	"confab/app/chat"
	"confab/app/text"
	"confab/keys"
)

type keysCmd struct {
	List   keysListCmd   `cmd:"" default:"1" help:"List the keys of your account."`
	Add    keysAddCmd    `cmd:"" help:"Make a code that adds a key. Then connect once with the new key: ssh -o IdentitiesOnly=yes -i KEY CODE@HOST"`
	Remove keysRemoveCmd `cmd:"" help:"Remove a key; its sessions end at once."`
}

type keysListCmd struct{}

func (*keysListCmd) Run(c *call) error {
	list, err := c.Chat.Account().Keys(c.ctx)
	if err != nil {
		return err
	}
	return c.writeKeys(list)
}

func (c *call) writeKeys(list []chat.AuthorizedKey) error {
	for _, k := range list {
		r := &keyRecord{newHead("key"), k.Fingerprint, k.Type, text.CleanLine(k.Comment, 100), stamp(k.AddedAt), stamp(k.LastUsedAt), k.Fingerprint == c.Chat.Account().Key()}
		if err := c.out.write(r); err != nil {
			return err
		}
	}
	return nil
}

// keyRecord is a key that opens the user's account.
type keyRecord struct {
	head
	Fingerprint string `json:"fingerprint"`
	KeyType     string `json:"key_type"`
	Comment     string `json:"comment"`
	AddedAt     string `json:"added_at"`
	LastUsedAt  string `json:"last_used_at,omitempty"` // "" if never
	Current     bool   `json:"current"`                // it opened this connection
}

func (r *keyRecord) columns(*output) []string {
	current := "other"
	if r.Current {
		current = "current"
	}
	return []string{r.Fingerprint, r.KeyType, r.AddedAt, current, r.Comment, r.LastUsedAt}
}

type keysAddCmd struct {
	Key []string `arg:"" optional:"" help:"Leave this out. A public key proves nothing: connect once with the new key and the code instead."`
}

func (k *keysAddCmd) Run(c *call) error {
	if len(k.Key) > 0 {
		return chat.KeyProof()
	}
	code, expires, err := c.Chat.Account().KeyCode(c.ctx)
	if err != nil {
		return err
	}
	return c.out.write(&keyCodeRecord{newHead("key_code"), code, stamp(expires)})
}

// keyCodeRecord is a code that adds a key to the user's account.
type keyCodeRecord struct {
	head
	Code      string `json:"code"`
	ExpiresAt string `json:"expires_at"`
}

func (r *keyCodeRecord) columns(*output) []string { return []string{r.Code, r.ExpiresAt} }

type keysRemoveCmd struct {
	Fingerprint string `arg:"" help:"The fingerprint of the key, SHA256:…, as keys list shows it."`
}

func (k *keysRemoveCmd) Run(c *call) error {
	fingerprint, err := keys.ParseFingerprint(k.Fingerprint)
	if err != nil {
		return usage("%s", err)
	}
	key, err := c.Chat.Account().RemoveKey(c.ctx, fingerprint)
	if err != nil {
		return err
	}
	return c.writeKeys([]chat.AuthorizedKey{key})
}
