"""The engines, keys, codecs and hashes of a chain: the only importer of web3, eth-tester, py-evm, eth_abi and solcx."""
