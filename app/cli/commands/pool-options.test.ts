import { Command, InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { addPoolOption, changedPools, poolKeys, readPool } from "./pool-options.ts";

describe("--pool", () => {
  it("gives the fields of the API; what comes several times is joined", () => {
    expect(
      readPool(
        "name=gpu,count=2,vcpus=2,memory=4096,disk=20,label=k=v,label=example.org/tier=gold,taint=k=v:NoSchedule,remove=w3,remove=w4",
      ),
    ).toEqual({
      name: "gpu",
      count: 2,
      vcpus: 2,
      memoryMiB: 4096,
      diskGiB: 20,
      labels: "k=v\nexample.org/tier=gold",
      taints: "k=v:NoSchedule",
      remove: ["w3", "w4"],
    });
    expect(readPool("name=small,size=small")).toEqual({ name: "small", size: "small" });
  });

  it("explains each of its keys in the help", () => {
    const [option] = addPoolOption(new Command()).options;
    expect(poolKeys.filter((key) => !new RegExp(`\\b${key}\\b`).test(option?.description ?? ""))).toEqual([]);
  });

  it("an empty label or taint takes all of them away", () =>
    expect(readPool("name=gpu,label=,taint=")).toEqual({ name: "gpu", labels: "", taints: "" }));

  it.each([
    ["count=2", /give the pool's name/],
    ["name=", /give the pool's name/],
    ["gpu", /not of the form key=value/],
    ["name=gpu,count=two", /count=two is no whole number/],
    ["name=gpu,cpus=2", /no key cpus; keys are name, count, size/],
    ["name=gpu,constructor=2", /no key constructor/],
    ["name=gpu,count=1,count=2", /count is given 2 times/],
  ])("%s is refused before anything is sent", (text, sentence) => {
    expect(() => readPool(text)).toThrow(InvalidArgumentError);
    expect(() => readPool(text)).toThrow(sentence);
  });
});

describe("the pools of a changed cluster", () => {
  const current = ["workers", "gpu"];

  it("are not sent when nothing is said about them", () => expect(changedPools(current, {})).toBeNull());

  it("are all that there are, with what was said of each", () => {
    expect(changedPools(current, { pool: [{ name: "gpu", count: 3 }, { name: "cache" }] })).toEqual([
      { name: "workers" },
      { name: "gpu", count: 3 },
      { name: "cache" },
    ]);
    expect(changedPools(current, { removePool: ["workers"] })).toEqual([{ name: "gpu" }]);
  });

  it("two descriptions of one new pool are sent as they are, for the portal to refuse", () => {
    expect(changedPools(current, { pool: [{ name: "cache" }, { name: "cache", count: 2 }] })).toHaveLength(4);
  });

  it("a pool that the cluster has not cannot be removed, nor one that is described as well", () => {
    expect(() => changedPools(current, { removePool: ["old"] })).toThrow(
      "--remove-pool old: the cluster has no such pool; it has workers, gpu",
    );
    expect(() => changedPools(current, { removePool: ["gpu"], pool: [{ name: "gpu", count: 1 }] })).toThrow(
      "--remove-pool gpu: --pool describes the same pool",
    );
    expect(() =>
      changedPools(current, {
        pool: [
          { name: "gpu", count: 1 },
          { name: "gpu", count: 2 },
        ],
      }),
    ).toThrow("--pool: gpu is described twice");
  });
});
