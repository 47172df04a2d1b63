import { expect, test } from "vitest";
import { listImages, plannedNodeImage } from "#ansible/toolchain/build.ts";
import { berthPaths } from "#app/foundation/paths.ts";

test("the image that is planned is the one that is built, word for word", async () => {
  const { cache } = berthPaths(process.env, process.getuid?.() ?? -1);
  const planned = await plannedNodeImage({ cache });
  const built = (await listImages({ cache })).find((i) => i.folder === planned.folder);
  const { name, kind, contentHash } = built?.manifest ?? expect.fail("the node image is not built");
  expect({ name, kind, contentHash }).toEqual({ name: planned.name, kind: planned.kind, contentHash: planned.contentHash });
  expect(built?.manifest).toMatchObject({ kubernetes: planned.kubernetesVersion });
});
