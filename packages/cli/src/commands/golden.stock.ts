import { ImageDetail, ImageList, VolumeList } from '@roadstead/shared/protocol/http-stock.ts'

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`

const place = (hostName: string, more: object = {}): object => ({
  host: `h-${hostName}00000`,
  hostName,
  tags: ['registry.example.com/shop/web:2'],
  containers: 0,
  ownBytes: 12_400_000,
  ...more,
})

const user = (path: string, more: object = {}): object => ({
  host: 'h-alpha00000',
  hostName: 'alpha',
  container: '1'.repeat(64),
  path,
  state: 'running',
  reference: 'registry.example.com/shop/web:2',
  tag: 'same',
  ...more,
})

const image = (digit: string, more: object = {}): object => ({
  id: digest(digit),
  tags: [],
  digests: [],
  bytes: 188_000_000,
  createdAt: '2026-03-02T11:00:00Z',
  platform: 'linux/amd64',
  labels: {},
  layers: 5,
  hosts: [place('alpha')],
  containers: [],
  unused: true,
  dangling: false,
  outdated: false,
  ...more,
})

const sum = (hostName: string, more: object = {}): object => ({
  host: `h-${hostName}00000`,
  hostName,
  complete: true,
  untold: 0,
  images: 3,
  bytes: 900_000_000,
  unusedBytes: 150_000_000,
  exact: true,
  ...more,
})

const moved = { tag: 'moved', now: digest('7') }

/** One in use on two hosts, one whose name another has, one that nobody has, one that is half known. */
export const images = ImageList.parse({
  items: [
    image('7', {
      tags: ['registry.example.com/shop/web:2', 'shop:latest'],
      digests: [`registry.example.com/shop/web@${digest('a')}`],
      hosts: [place('alpha', { containers: 1 }), place('beta', { containers: 1 })],
      containers: [user('alpha/web-1'), user('beta/web-2', { hostName: 'beta' })],
      unused: false,
    }),
    image('5', {
      tags: ['wiki:1'],
      containers: [
        user('alpha/web-old', moved),
        user('alpha/\u001b[31mred', { ...moved, state: 'exited' }),
      ],
      unused: false,
      outdated: true,
    }),
    image('6', { bytes: 950, layers: 0, hosts: [place('alpha', { tags: [] })], dangling: true }),
    image('8', {
      hosts: [place('gamma', { containers: undefined, ownBytes: undefined })],
      unused: false,
    }),
  ],
  total: 4,
  hosts: [
    sum('alpha', { untold: 12 }),
    sum('beta', { unusedBytes: 0 }),
    sum('gamma', { complete: false, exact: false }),
  ],
})

export const unused = { ...images, items: images.items.filter((it) => it.unused), total: 1 }

export const detail = ImageDetail.parse({
  ...images.items[1],
  tags: [
    'registry.example.com/shop/web:1',
    'a-very-long-name-of-an-image-that-somebody-has-built:0.1',
  ],
  digests: [`registry.example.com/shop/web@${digest('b')}`],
  containers: [...(images.items[0]?.containers ?? []), ...(images.items[1]?.containers ?? [])],
  layerList: [
    { diffId: digest('1'), bytes: 74_800_000, images: 31 },
    { diffId: digest('2'), bytes: 0, images: 2 },
    { diffId: digest('3'), images: 1 },
  ],
  disputed: true,
})

const volume = (name: string, more: object = {}): object => ({
  host: 'h-alpha00000',
  hostName: 'alpha',
  name,
  driver: 'local',
  mountpoint: `/var/lib/docker/volumes/${name}/_data`,
  scope: 'local',
  createdAt: '2026-03-02T11:00:00Z',
  labels: {},
  anonymous: false,
  containers: [],
  unused: true,
  ...more,
})

const mount = (path: string, writable: boolean): object => ({
  container: '1'.repeat(64),
  path,
  state: 'running',
  target: '/var/lib/postgresql/data',
  writable,
})

export const volumes = VolumeList.parse({
  items: [
    volume('shop_data', {
      containers: [mount('alpha/shop-db-1', true), mount('alpha/backup', false)],
      unused: false,
    }),
    volume('f'.repeat(64), { anonymous: true }),
    volume('\u001b]0;owned\u0007', {
      hostName: 'gamma',
      driver: '',
      mountpoint: '',
      unused: false,
    }),
  ],
  total: 3,
  hosts: [
    { host: 'h-alpha00000', hostName: 'alpha', complete: true, untold: 0, volumes: 2 },
    { host: 'h-gamma00000', hostName: 'gamma', complete: false, untold: 3, volumes: 4 },
  ],
})
