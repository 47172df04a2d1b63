package remote

import (
	"context"

	"github.com/pkg/sftp"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyFile is the older form of [CopyToRemote]: one file, and every change replaces.
type CopyFile struct{}

// Annotate describes the resource to the schema.
func (c *CopyFile) Annotate(a infer.Annotator) {
	a.Describe(&c, "A local file copied to a remote machine.")
	a.Deprecate(&c, "Use CopyToRemote instead.")
}

// CopyFileInputs are the resource's inputs.
type CopyFileInputs struct {
	Connection *Connection `pulumi:"connection"        provider:"secret"`
	Triggers   *[]any      `pulumi:"triggers,optional"`
	LocalPath  string      `pulumi:"localPath"`
	RemotePath string      `pulumi:"remotePath"`
}

// Annotate describes the inputs to the schema.
func (c *CopyFileInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Connection, "How to reach the machine.")
	a.Describe(&c.Triggers, "Values of any kind; when one changes, the resource is replaced.")
	a.Describe(&c.LocalPath, "The file to copy.")
	a.Describe(&c.RemotePath, "The file to write.")
}

// CopyFileOutputs are the resource's state.
type CopyFileOutputs struct {
	CopyFileInputs
}

// Create copies. Unlike CopyToRemote it makes no folders.
func (*CopyFile) Create(
	ctx context.Context, req infer.CreateRequest[CopyFileInputs],
) (infer.CreateResponse[CopyFileOutputs], error) {
	in := req.Inputs
	id, err := resource.NewUniqueHex("", 8, 0)
	if err == nil && !req.DryRun {
		err = withSFTP(ctx, in.Connection, p.GetLogger(ctx), func(files *sftp.Client) error {
			return copyFile(files, in.LocalPath, in.RemotePath, false)
		})
	}
	return infer.CreateResponse[CopyFileOutputs]{ID: id, Output: CopyFileOutputs{in}}, err
}
