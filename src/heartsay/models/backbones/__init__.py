"""The backbones, a file each; `heartsay.models.registry` names them and loads one when it is asked for."""
