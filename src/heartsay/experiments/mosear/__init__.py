"""MoSE and attention reallocation on conversations whose voices and faces are known to agree or not.

`study` puts it together: `plan` lists the arms and runs, `work` does one, `rows` turns readings into rows,
`tables` and `plots` show them. Training needs torch, so nothing is imported here.
"""
